import { readFileSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { sleep } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { portOwners } from "../guard/index.ts";
import { isProcessAlive, readGatewayLock, type Paths } from "../state/index.ts";

const graceMs = 8000;
const pollMs = 50;

interface Target {
  pid: number;
  /** As a person would recognise it. */
  shown: string;
  ours: boolean;
}

/**
 * `gateway --force`: ends the gateway that holds this port or this state directory. It says whom it ends before it does,
 * never ends this process or what started it, and other programs only with `yes` (HID-032).
 * @throws UserError PORT_IN_USE when a stranger listens there and `yes` was not said.
 */
export async function freePort(options: {
  paths: Paths;
  port: number;
  /** Strangers too. */
  yes: boolean;
  clock: Clock;
  say: (text: string) => void;
}): Promise<void> {
  const { port, yes, clock, say } = options;
  const targets = await targetsOf(options);
  const strangers = targets.filter(({ ours }) => !ours);
  if (strangers.length > 0 && !yes) {
    const gateways = targets.filter(({ ours }) => ours).map(({ shown }) => shown);
    const pids = strangers.map(({ pid }) => pid).join(" ");
    throw new UserError(
      "PORT_IN_USE",
      `port ${port} is held by a program that is not an OpenClaw gateway: ${strangers.map(({ shown }) => shown).join(", ")}` +
        (gateways.length > 0 ? `; --force would end ${gateways.join(", ")} only` : ""),
      {
        hint: `end it too with --force --yes, end it yourself (kill ${pids}), or choose another port: openclaw gateway --port ${port + 1}`,
      },
    );
  }
  for (const { shown } of targets) say(`--force: ending ${shown}`);
  for (const { pid } of targets) {
    signal(pid, "SIGTERM");
    if (await gone(pid, graceMs, clock)) continue;
    signal(pid, "SIGKILL");
    await gone(pid, 1000, clock);
  }
}

/** Who holds the port or the state directory, without this process and everything above it. */
async function targetsOf({ paths, port }: { paths: Paths; port: number }): Promise<Target[]> {
  const spared = ancestors(process.pid);
  const holder = readGatewayLock(paths)?.pid;
  const pids = new Set<number>(holder === undefined ? [] : [holder]);
  for (const pid of await portOwners(port)) pids.add(pid);
  return [...pids]
    .filter((pid) => pid > 1 && !spared.has(pid) && isProcessAlive(pid))
    .map((pid) => {
      const command = commandLine(pid);
      const ours = pid === holder || isGateway(command);
      const program = command.join(" ").slice(0, 120) || "an unknown program";
      return { pid, ours, shown: ours ? `the gateway with pid ${pid}` : `${program} (pid ${pid})` };
    });
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
