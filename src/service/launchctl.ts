import { sleep } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { ServiceHost } from "./contract.ts";
import { commandText, type ServiceRunner } from "./runner.ts";

export interface Job {
  /** `gui/501/<label>` or `user/501/<label>`. */
  target: string;
  pid: number | null;
  lastExit: string | null;
}

/** launchctl's verbs with the detours its domains need (CONF-44). */
export interface Launchctl {
  /** The loaded job, or null. */
  find(): Promise<Job | null>;
  /** @throws UserError SERVICE_COMMAND_FAILED when no way of loading works. */
  load(): Promise<void>;
  /** Removes the job from launchd and waits until it is gone; nothing loaded is fine. @throws UserError SERVICE_COMMAND_FAILED */
  unload(): Promise<void>;
  /** Starts a loaded job, ending its process first with `kill`. @throws UserError SERVICE_COMMAND_FAILED */
  kickstart(job: Job, options: { kill: boolean }): Promise<void>;
}

const goneWithinMs = 40_000;
const loadAttempts = 3;

export function createLaunchctl(
  host: ServiceHost,
  runner: ServiceRunner,
  job: { label: string; path: string },
): Launchctl {
  // Without a desktop session (SSH) there is no gui domain.
  const domains = [`gui/${host.uid}`, `user/${host.uid}`];
  const fail = (what: string, said: string): never => {
    throw new UserError(
      "SERVICE_COMMAND_FAILED",
      `launchd did not ${what} ${job.label}: ${said || "it said nothing"}`,
      {
        hint: commandText(["launchctl", "bootstrap", domains[0] ?? "", job.path]),
      },
    );
  };
  const find = async (): Promise<Job | null> => {
    for (const domain of domains) {
      const target = `${domain}/${job.label}`;
      const answer = await runner.ask(["launchctl", "print", target]);
      if (!answer?.ok) continue;
      const pid = /^\s*pid = (\d+)$/m.exec(answer.stdout)?.[1];
      const exit = /^\s*last exit code = (.+)$/m.exec(answer.stdout)?.[1]?.trim();
      return {
        target,
        pid: pid === undefined ? null : Number(pid),
        lastExit: exit === undefined || exit.includes("never") ? null : exit,
      };
    }
    return null;
  };
  return {
    find,
    async load() {
      let said = "";
      for (let attempt = 1; attempt <= loadAttempts; attempt++) {
        for (const domain of domains) {
          // A job that was once disabled would not load.
          await runner.act(["launchctl", "enable", `${domain}/${job.label}`]);
          const end = await runner.act(["launchctl", "bootstrap", domain, job.path]);
          if (end.ok || (await find())) return;
          said = end.said;
        }
        const end = await runner.act(["launchctl", "load", "-w", job.path]);
        // The old verb reports success whatever happens.
        if (end.ok && (await find())) return;
        said = end.said || said;
        // Right after an unload launchd may still be busy with it.
        if (attempt < loadAttempts) await sleep(host.clock, 500);
      }
      fail("load", said);
    },
    async unload() {
      const loaded = await find();
      if (loaded === null) return;
      const end = await runner.act(["launchctl", "bootout", loaded.target]);
      if (runner.dry) return;
      const giveUp = host.clock.monotonic() + goneWithinMs;
      while ((await find()) !== null) {
        // "Operation in progress" still ends in success; another failure does not get better.
        if (!end.ok && end.exitCode !== 36 && end.exitCode !== 37) {
          const old = await runner.act(["launchctl", "unload", job.path]);
          if (old.ok && (await find()) === null) return;
          fail("unload", end.said);
        }
        if (host.clock.monotonic() > giveUp) fail("unload", "it is still loaded");
        await sleep(host.clock, 200);
      }
    },
    async kickstart({ target }, { kill }) {
      const end = await runner.act(["launchctl", "kickstart", ...(kill ? ["-k"] : []), target]);
      if (end.ok) return;
      // Its process ends and KeepAlive starts it anew: the job stays loaded all the while.
      const other = kill ? await runner.act(["launchctl", "kill", "SIGTERM", target]) : end;
      if (!other.ok) fail("restart", end.said);
    },
  };
}
