import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { storageError, writeFileAtomicAsync } from "../state/index.ts";

/** Folders of 256 keep directories small; the name is the content's own digest, never a name from outside. */
const placeOf = (mediaDir: string, digest: string): string => join(mediaDir, digest.slice(0, 2), digest);

/** Stores bytes once under their SHA-256 (lower-case hex), which it returns; on disk when it resolves. */
export async function putMedia(mediaDir: string, bytes: Uint8Array): Promise<string> {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const path = placeOf(mediaDir, digest);
  if (!existsSync(path)) await writeFileAtomicAsync(path, bytes);
  return digest;
}

/** The bytes of a digest, or null when they are not here (or are no longer those). */
export function getMedia(mediaDir: string, digest: string): Uint8Array | null {
  if (!/^[0-9a-f]{64}$/.test(digest)) return null;
  try {
    const bytes = readFileSync(placeOf(mediaDir, digest));
    return createHash("sha256").update(bytes).digest("hex") === digest ? bytes : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw storageError(error, { action: "read", path: placeOf(mediaDir, digest) });
  }
}
