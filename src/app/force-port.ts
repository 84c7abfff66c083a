import { readFileSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { sleep } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { portOwners } from "../guard/index.ts";
import { isProcessAlive, readGatewayLock, type Paths } from "../state/index.ts";

const graceMs = 8000;
const pollMs = 50;

/**
 * `gateway --force`: ends the gateway that holds this port or this state directory, and nothing else: never this process,
 * what started it, or a program that is not a gateway (HID-032).
 * @throws UserError PORT_IN_USE when a stranger listens there.
 */
export async function freePort(options: {
  paths: Paths;
  port: number;
  clock: Clock;
  say: (text: string) => void;
}): Promise<void> {
  const { paths, port, clock, say } = options;
  const spared = ancestors(process.pid);
  const holder = readGatewayLock(paths)?.pid;
  const targets = new Set<number>(holder === undefined ? [] : [holder]);
  for (const pid of await portOwners(port)) {
    if (spared.has(pid)) continue;
    const command = commandLine(pid);
    if (pid !== holder && !isGateway(command)) {
      throw new UserError(
        "PORT_IN_USE",
        `port ${port} is held by a program that is not an OpenClaw gateway: ${command.join(" ") || "unknown"} (pid ${pid})`,
        {
          hint: `end it yourself (kill ${pid}), or choose another port: openclaw gateway --port ${port + 1}`,
        },
      );
    }
    targets.add(pid);
  }
  for (const pid of targets) {
    if (spared.has(pid) || !isProcessAlive(pid)) continue;
    say(`--force: ending the gateway with pid ${pid}`);
    signal(pid, "SIGTERM");
    if (await gone(pid, graceMs, clock)) continue;
    signal(pid, "SIGKILL");
    await gone(pid, 1000, clock);
  }
}

/** Ours by its command line: a Node or Bun that runs openclaw's `gateway`. */
function isGateway(command: readonly string[]): boolean {
  return command.includes("gateway") && command.some((word) => /(?:^|\/)openclaw(?:\.js|\.mjs)?$/.test(word));
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
  } catch {
    return []; // It ended, or this is not Linux: unknown is not a gateway.
  }
}

/** This process and everything above it. */
function ancestors(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 0 && !found.has(at);) {
    found.add(at);
    try {
      const stat = readFileSync(`/proc/${at}/stat`, "utf8");
      at = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      found.add(process.ppid);
      break;
    }
  }
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return;
    throw new UserError("FORCE_DENIED", `pid ${pid} cannot be ended: it belongs to another user`, {
      hint: `sudo kill ${pid}`,
      cause: error,
    });
  }
}

async function gone(pid: number, withinMs: number, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + withinMs;
  while (clock.monotonic() < until) {
    if (!isProcessAlive(pid)) return true;
    await sleep(clock, pollMs);
  }
  return !isProcessAlive(pid);
}
