import { readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sleep, type Clock } from "../core/clock.ts";
import { codeOf } from "../core/errors.ts";

const waitMs = 5000;
const stepMs = 50;

/**
 * Ends a browser that still holds our profile after its gateway was killed (a browser ends by itself when its pipe closes,
 * unless it hangs), and takes the profile's lock away. Only a process that names this very profile is touched.
 * @returns whether there was one.
 */
export async function endOrphan(profile: string, clock: Clock): Promise<boolean> {
  const pid = holderOf(profile);
  if (pid !== null) {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      send(pid, signal);
      for (let waited = 0; waited < waitMs && holderOf(profile) === pid; waited += stepMs)
        await sleep(clock, stepMs);
      if (holderOf(profile) !== pid) break;
    }
  }
  for (const name of ["SingletonLock", "SingletonCookie", "SingletonSocket"])
    rmSync(join(profile, name), { force: true });
  return pid !== null;
}

/** The living process that holds a profile; null when there is none. */
function holderOf(profile: string): number | null {
  if (process.platform !== "linux") return null;
  try {
    // A link to `host-pid`.
    const pid = Number(readlinkSync(join(profile, "SingletonLock")).split("-").at(-1));
    if (!Number.isInteger(pid) || pid <= 1) return null;
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes(`--user-data-dir=${profile}`) ? pid : null;
  } catch {
    // No lock, or nobody behind it.
    return null;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    // It was started as the head of a group of its own.
    process.kill(-pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
