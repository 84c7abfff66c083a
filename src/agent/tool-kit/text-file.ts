import { UserError } from "../../core/errors.ts";
import type { RootFs } from "../../guard/index.ts";
import { binaryType, formatBytes } from "./file-type.ts";

/** Largest file that is edited or patched as a whole. */
const maxEditBytes = 8 * 1024 * 1024;

/**
 * The whole text of a file for editing.
 * @throws UserError FILE_TOO_LARGE, FILE_BINARY, PATH_*
 */
export async function readText(root: RootFs, path: string): Promise<string> {
  const { bytes, size } = await root.read(path, { length: maxEditBytes });
  if (size > maxEditBytes) {
    throw new UserError(
      "FILE_TOO_LARGE",
      `${path} is ${formatBytes(size)}; at most ${formatBytes(maxEditBytes)} can be edited`,
    );
  }
  const binary = binaryType(bytes);
  if (binary)
    throw new UserError(
      "FILE_BINARY",
      `${path} is a binary file (${binary.type}, ${formatBytes(size)}), not text`,
    );
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The line (from 1) on which position `index` of `text` lies. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
