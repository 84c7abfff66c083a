import { dirname } from "node:path";
import { codeOf, messageOf, OpenClawError, UserError } from "../core/errors.ts";

/**
 * Turns a failed file operation into what a person can act on. Errors that are already ours pass unchanged.
 * Codes: STORAGE_FAILED (disk full or failing; retryable), STORAGE_DENIED (permissions, read-only, not a directory) and STORAGE_DAMAGED.
 */
export function storageError(error: unknown, what: { action: string; path: string }): OpenClawError {
  if (error instanceof OpenClawError) return error;
  const code = codeOf(error);
  const subject = `cannot ${what.action} ${what.path}`;
  const sqlite = messageOf(error);
  if (code === "ENOSPC" || code === "EDQUOT" || /database or disk is full/i.test(sqlite)) {
    return new UserError("STORAGE_FAILED", `${subject}: no space left on the device`, {
      hint: `free some space on the file system of ${dirname(what.path)} (df -h ${dirname(what.path)})`,
      cause: error,
      retryable: true,
    });
  }
  if (code === "EIO" || /disk I\/O error/i.test(sqlite)) {
    return new UserError("STORAGE_FAILED", `${subject}: the device reported an input/output error`, {
      hint: "check the disk and the kernel log; nothing was changed",
      cause: error,
      retryable: true,
    });
  }
  if (/not a database|malformed/i.test(sqlite)) {
    return new UserError("STORAGE_DAMAGED", `${subject}: ${sqlite}`, {
      hint: `keep the file for a look at it and start with a backup or a new one: mv ${what.path} ${what.path}.damaged`,
      cause: error,
    });
  }
  if (code === "EROFS" || /readonly database|read-only/i.test(sqlite)) {
    return new UserError("STORAGE_DENIED", `${subject}: the file system is read-only`, {
      hint: "point OPENCLAW_STATE_DIR at a writable directory",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new UserError("STORAGE_DENIED", `${subject}: permission denied`, {
      hint: `give your user access (ls -ld ${dirname(what.path)}) or point OPENCLAW_STATE_DIR at a directory of your own`,
      cause: error,
    });
  }
  if (
    code === "ENOENT" ||
    code === "ENOTDIR" ||
    code === "EISDIR" ||
    code === "EEXIST" ||
    code === "ENAMETOOLONG"
  ) {
    return new UserError("STORAGE_DENIED", `${subject}: ${messageOf(error)}`, {
      hint: "check the path and OPENCLAW_STATE_DIR",
      cause: error,
    });
  }
  return new OpenClawError("STORAGE_FAILED", `${subject}: ${messageOf(error)}`, { cause: error });
}
