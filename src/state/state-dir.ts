import { accessSync, constants, existsSync, lstatSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import type { Paths } from "./paths.ts";
import { makeDirectory } from "./make-directory.ts";
import { storageError } from "./storage-error.ts";

/**
 * Makes sure the state directory is there, ours to write and nobody else's (STATE-001; threats.md 4.14): creates it
 * with 0700, refuses one that others may write to, makes `agents/main` and the link `agents/default` to it (CONF-07).
 * @throws UserError STATE_INSECURE, STORAGE_DENIED
 */
export function prepareStateDir(paths: Paths): { created: boolean } {
  const created = !existsSync(paths.stateDir);
  makeDirectory(paths.stateDir);
  checkStateDir(paths.stateDir);
  makeDirectory(join(paths.agentsDir, "main"));
  linkDefaultAgent(paths.agentsDir);
  return { created };
}

/** Whether the directory is one we may trust and write to. @throws UserError STATE_INSECURE, STORAGE_DENIED */
export function checkStateDir(path: string): void {
  let mode: number;
  try {
    const stat = statSync(path);
    if (!stat.isDirectory()) {
      throw new UserError("STORAGE_DENIED", `the state directory ${path} is not a directory`, {
        hint: "move that file away, or set OPENCLAW_STATE_DIR to another place",
      });
    }
    mode = stat.mode;
    if (process.platform !== "win32" && mode & 0o022) {
      throw new UserError(
        "STATE_INSECURE",
        `the state directory ${path} may be changed by other users (mode ${(mode & 0o777).toString(8)})`,
        { hint: `chmod 700 ${quoted(path)}` },
      );
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw storageError(error, { action: "use the state directory", path });
  }
}

/** The documents' smoke script reads `agents/default`, newer ones `agents/main`: both shall work. */
function linkDefaultAgent(agentsDir: string): void {
  const link = join(agentsDir, "default");
  if (lstatSync(link, { throwIfNoEntry: false })) return;
  try {
    symlinkSync("main", link, "dir");
  } catch (error) {
    // Windows without developer mode, FAT: the alias is a convenience, nothing of ours reads it.
    if (codeOf(error) !== "EPERM" && codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOTSUP") {
      throw storageError(error, { action: "create", path: link });
    }
  }
}

/** A path as a word of a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./~@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
