import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { detectSupervisor, resolveNodeService, thisHost, type ServiceHost } from "../service/index.ts";
import type { CommandContext } from "./contract.ts";
import { liveStatus, type NodeStatus } from "./node-status-file.ts";

/** The node's service of this profile on this machine. */
export interface NodeService {
  name: string;
  /** What it starts; null when the definition cannot be read. */
  script: string | null;
  running: boolean;
  /** The host it runs, as that says about itself; null while none lives. */
  live: NodeStatus | null;
  restart(): Promise<void>;
  /** What the host says now. */
  look(): NodeStatus | null;
}

/** The user's node service of this profile, else the machine's; null when there is none. */
export async function findNodeService(
  { env, paths, clock, signal }: CommandContext,
  given?: ServiceHost,
): Promise<NodeService | null> {
  const host = given ?? thisHost({ env, home: paths.home, clock });
  const kinds = [detectSupervisor(host), detectSupervisor(host, true)];
  for (const [index, kind] of kinds.entries()) {
    const system = index === 1;
    if (kind === null || (system && kind !== "systemd-system")) continue;
    const { profile } = paths;
    const supervisor = resolveNodeService(host, { profile, stateDir: paths.stateDir, system, signal });
    const { installed, runtime, facts } = await supervisor.inspect();
    if (!installed) continue;
    const stateDir = facts?.stateDir ?? paths.stateDir;
    const look = () => liveStatus(stateDir);
    return {
      name: supervisor.name,
      script: facts?.script ?? null,
      running: runtime !== "stopped",
      live: look(),
      restart: async () => void (await supervisor.restart()),
      look,
    };
  }
  return null;
}

export interface NodeRenewal {
  name: string;
  result: "restarted" | "failed";
  /** What runs now. */
  version: string | null;
  /** For `failed`: what happened, and what to do. */
  problem: string | null;
}

/**
 * After another version became current: restarts the node's service when it runs from there, and waits until a node of
 * that version lives. One that somebody stopped stays stopped. Never throws: the update itself is done.
 */
export async function renewNode(
  context: CommandContext,
  wanted: { launcher: string; version: string; waitMs: number; host?: ServiceHost },
): Promise<NodeRenewal | null> {
  const { clock, signal } = context;
  const node = await findNodeService(context, wanted.host).catch(() => null);
  if (node === null || !node.running || node.script !== wanted.launcher) return null;
  const { name } = node;
  if (node.live?.version === wanted.version) return null;
  try {
    await node.restart();
    const giveUp = clock.monotonic() + wanted.waitMs;
    for (;;) {
      const now = node.look();
      if (now !== null && now.pid !== node.live?.pid && now.version === wanted.version)
        return { name, result: "restarted", version: now.version, problem: null };
      if (clock.monotonic() > giveUp)
        return failed(
          name,
          now,
          `it does not run openclaw ${wanted.version} ${wanted.waitMs / 1000} s after its restart; openclaw node status`,
        );
      await sleep(clock, 100, signal);
    }
  } catch (error) {
    return failed(name, node.look(), `${messageOf(error)}; restart it yourself: openclaw node restart`);
  }
}

function failed(name: string, now: NodeStatus | null, problem: string): NodeRenewal {
  return { name, result: "failed", version: now?.version ?? null, problem };
}

/** A node that runs another version than it would start with, in words; null when it does not. */
export function nodeMismatch(live: NodeStatus | null, installed: string): string | null {
  if (live === null || live.version === installed) return null;
  return `The node runs ${live.version ? `openclaw ${live.version}` : "an older version"}; ${installed} is installed: openclaw node restart`;
}
