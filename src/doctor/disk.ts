import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, type Dirent, type Stats } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";

/** What lies at a path itself (a link is a link); null when nothing does or it cannot be seen. */
export function look(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return null;
    throw error;
  }
}

/** Entries of a directory; none when there is no directory to read. */
export function entries(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return [];
    throw error;
  }
}

/** Regular files directly in a directory. */
export function filesIn(path: string): string[] {
  return entries(path)
    .filter((entry) => entry.isFile())
    .map((entry) => join(path, entry.name));
}

/** Agent ids with a directory of their own; the link `default` is none. */
export function agentFolders(agentsDir: string): string[] {
  return entries(agentsDir)
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

export function bytesOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export const permissions = (stat: Pick<Stats, "mode">): number => stat.mode & 0o777;

export const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** A path as a word of a POSIX shell. */
export function shellWord(path: string): string {
  return /^[\w./~@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
