import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const legacySamples = ["openclaw-2026.2.3", "openclaw-2026.2.3-killed", "openclaw-2026.9.6"] as const;

/** A state directory that a real older program left (test/fixtures/legacy), unpacked into a folder of its own. */
export function unpackSample(name: (typeof legacySamples)[number]): {
  root: string;
  dir: string;
  remove(): void;
} {
  const root = mkdtempSync(join(tmpdir(), "openclaw-legacy-"));
  const archive = fileURLToPath(new URL(`../fixtures/legacy/${name}.tar.gz`, import.meta.url));
  const { status, stderr } = spawnSync("tar", ["-xzf", archive, "-C", root], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  return { root, dir: join(root, ".openclaw"), remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Path and digest of every file below a folder; links are not followed. */
export function fingerprint(dir: string, below = dir): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(below, { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) Object.assign(found, fingerprint(dir, path));
    else if (entry.isFile())
      found[relative(dir, path)] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return found;
}
