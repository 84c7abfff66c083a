import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../core/errors.ts";
import { storageError } from "./storage-error.ts";

/**
 * Creates a directory and its parents, 0700 each; one that exists is left as it is.
 * Not `mkdir({recursive: true})`: Node loops for ever where the kernel answers ENOENT below an existing parent (/proc).
 * @throws UserError STORAGE_DENIED, STORAGE_FAILED
 */
export function makeDirectory(path: string): void {
  try {
    make(path);
  } catch (error) {
    throw storageError(error, { action: "create the directory", path });
  }
}

function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = codeOf(error);
    // Also EROFS and EACCES: the question is only whether there is a directory in the end.
    if (code !== "ENOENT" && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || statSync(parent, { throwIfNoEntry: false })) throw error;
    make(parent);
    make(path);
  }
}
