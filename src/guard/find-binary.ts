import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The absolute path of a program, looked for in the given folders only (never the current one); null when there is
 * none. A name with a slash must be absolute.
 */
export function findBinary(name: string, folders: readonly string[]): string | null {
  if (name === "" || name.includes("\0")) return null;
  if (name.includes("/")) return name.startsWith("/") && isProgram(name) ? name : null;
  for (const folder of folders) {
    const path = join(folder, name);
    if (isProgram(path)) return path;
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there, or not ours to run: both mean "look further".
    return false;
  }
}
