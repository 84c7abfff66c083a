import { readFileSync } from "node:fs";
import { codeOf } from "../core/errors.ts";

/** Whether a process with this id exists, whoever owns it. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/**
 * When a process started, in a form that only makes sense compared with itself (clock ticks since boot on Linux);
 * tells a process from a later one with the same id. Null where the system does not say.
 */
export function processStartTime(pid: number): number | null {
  if (process.platform !== "linux") return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name in parentheses may hold spaces and parentheses itself; field 22 counts from after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[19]);
    return Number.isSafeInteger(ticks) ? ticks : null;
  } catch {
    return null;
  }
}
