import { codeOf } from "../core/errors.ts";

/** Primary SQLite result codes that blame the disk or the file, not the statement (https://www.sqlite.org/rescode.html):
 * busy, read-only, I/O error, corrupt, full, cannot open, not a database. */
const diskCodes = new Set([5, 8, 10, 11, 13, 14, 26]);
const diskErrnos = new Set(["ENOSPC", "EIO", "EROFS", "EDQUOT", "EMFILE", "ENFILE", "EFBIG"]);

/** Whether an error means that storage refused, so that every write of the commit must fail with it. */
export function isStorageFailure(error: unknown): boolean {
  const code = (error as { errcode?: unknown } | null | undefined)?.errcode;
  // The low byte of an extended result code is the primary one.
  if (typeof code === "number" && diskCodes.has(code & 0xff)) return true;
  return diskErrnos.has(codeOf(error) ?? "");
}
