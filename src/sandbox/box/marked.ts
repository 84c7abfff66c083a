import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "../../core/errors.ts";

/** By which a running sandbox is found again: `<state>/<id>`, in its command line. */
export const markName = "OPENCLAW_SANDBOX";

/** Ends every sandbox that was built with this mark, and waits until it is gone; true when there was one. */
export async function endMarked(mark: string): Promise<boolean> {
  const marked = (): number[] =>
    (existsSync("/proc/self/cmdline") ? readdirSync("/proc") : []).flatMap((name) => {
      const words = /^\d+$/.test(name) ? wordsOf(name) : [];
      const at = words.indexOf(markName);
      return basename(words[0] ?? "") === "bwrap" && words[at + 1] === mark ? [Number(name)] : [];
    });
  let found = marked();
  const any = found.length > 0;
  for (let tries = 0; found.length > 0 && tries < 100; tries++) {
    for (const pid of found) end(pid);
    await pause(20);
    found = marked();
  }
  return any;
}

function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // Ended meanwhile.
    return [];
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // Gone by itself, or somebody else's, which only the number makes look like ours.
    if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
  }
}
