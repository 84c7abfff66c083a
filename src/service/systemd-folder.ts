import { readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { isInside } from "../guard/index.ts";

/** Names in a folder of units; none when there is no such folder or it is not ours to read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(codeOf(error) ?? "")) return [];
    throw error;
  }
}

/** The links by which a unit is started with others: `<folder>/<target>.wants/<unit>`. */
export function enabledBy(folder: string, unit: string): string[] {
  return namesIn(folder)
    .filter((name) => /\.(?:wants|requires)$/.test(name))
    .flatMap((name) => (namesIn(join(folder, name)).includes(unit) ? [join(folder, name, unit)] : []));
}

/** Removes a folder, and those it lies in below `home`, as far as nothing is in them. */
export function dropEmpty(folder: string, home: string): void {
  for (const name of namesIn(folder))
    if (/\.(?:wants|requires)$/.test(name) && namesIn(join(folder, name)).length === 0)
      drop(join(folder, name));
  for (let at = folder; at !== home && isInside(home, at) && drop(at);) at = dirname(at);
}

function drop(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true;
    // Something is in it, or it is not ours.
    return false;
  }
}
