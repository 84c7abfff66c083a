import { OpenClawError, codeOf, messageOf } from "../core/errors.ts";

/** Primary SQLite result codes that say "the disk", not "your statement" (https://www.sqlite.org/rescode.html). */
const diskCodes = new Map<number, string>([
  [5, "locked by another process"],
  [8, "read-only"],
  [10, "an I/O error"],
  [11, "damaged"],
  [13, "full"],
  [14, "not openable"],
  [26, "not a database"],
]);
const diskErrnos = new Set(["ENOSPC", "EIO", "EROFS", "EDQUOT", "EMFILE", "ENFILE", "EFBIG"]);

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null | undefined)?.errcode;
  // The low byte of an extended result code is the primary one.
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether an error means that storage refused, so that every write of the commit must fail with it. */
export function isStorageFailure(error: unknown): boolean {
  const code = primaryCode(error);
  return (code !== undefined && diskCodes.has(code)) || diskErrnos.has(codeOf(error) ?? "");
}

/** STORAGE_FAILED with what to do about it; retryable, since freeing space mends most of them. */
export function storageError(error: unknown, path: string): OpenClawError {
  if (error instanceof OpenClawError) return error;
  const code = primaryCode(error);
  const what =
    code === undefined ? (codeOf(error) ?? messageOf(error)) : (diskCodes.get(code) ?? messageOf(error));
  return new OpenClawError("STORAGE_FAILED", `cannot write ${path}: ${what} (${messageOf(error)})`, {
    hint: `free space on the disk that holds ${path} and check that it is writable: df -h ${JSON.stringify(path)}`,
    cause: error,
    retryable: true,
  });
}
