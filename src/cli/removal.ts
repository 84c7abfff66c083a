import { lstatSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import { isInside } from "../guard/index.ts";
import { storageError } from "../state/index.ts";

/** Something on disk that a command would remove. */
export interface Removable {
  path: string;
  what: string;
  files: number;
  bytes: number;
}

/** What lies at a path, null when nothing does. Links are counted as links, never followed. */
export function removable(path: string, what: string): Removable | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  const total = { files: 0, bytes: 0 };
  count(path, total);
  return { path, what, ...total };
}

function count(path: string, total: { files: number; bytes: number }): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) count(join(path, name), total);
  else {
    total.files += 1;
    total.bytes += stat.size;
  }
}

/**
 * Refuses folders that hold more than this installation: the root, the home directory, whatever either lies in, and
 * the program itself.
 * @throws UserError REMOVAL_UNSAFE
 */
export function needSafe(path: string, context: { home: string; program: string }): void {
  const at = resolve(path);
  const held = [context.home, context.program].find((other) => other !== "" && isInside(at, resolve(other)));
  if (dirname(at) !== at && held === undefined) return;
  throw new UserError("REMOVAL_UNSAFE", `${at} is not removed: ${held ?? "everything"} is in it`, {
    hint: "remove by hand what is OpenClaw's there",
  });
}

/** Removes each with all that is in it. @throws UserError STORAGE_DENIED, STORAGE_FAILED naming the path */
export function removeAll(list: readonly Removable[]): void {
  for (const { path } of list) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      throw storageError(error, { action: "remove", path });
    }
  }
}
