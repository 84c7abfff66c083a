import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { makeDirectory } from "./make-directory.ts";
import { storageError } from "./storage-error.ts";
import { workspaceFolders, workspaceTexts } from "./workspace-texts.ts";

/**
 * Creates what a workspace lacks (STATE-016…020, CONF-73). An existing file is never touched, whatever it holds.
 * @returns names of what was made, relative to the workspace; empty when nothing was missing.
 * @throws UserError STORAGE_DENIED, STORAGE_FAILED
 */
export function ensureWorkspace(dir: string): { dir: string; created: string[] } {
  const created: string[] = [];
  try {
    makeDirectory(dir);
    for (const folder of workspaceFolders) {
      const path = join(dir, folder);
      if (existsSync(path)) continue;
      mkdirSync(path, { mode: 0o700 });
      created.push(`${folder}/`);
    }
    for (const [name, text] of Object.entries(workspaceTexts)) {
      if (writeNew(join(dir, name), text)) created.push(name);
    }
  } catch (error) {
    throw storageError(error, { action: "set up the workspace", path: dir });
  }
  return { dir, created };
}

function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}
