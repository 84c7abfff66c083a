import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface GroupLimits {
  memoryBytes: number;
  pids: number;
  cpus: number | null;
}

/** A control group that bounds everything in one sandbox together. */
export interface LimitGroup {
  /** Files a process writes its id to, to be counted; write them before it starts anything. */
  joins: readonly string[];
  /** Once what ran in it has ended. Kept for the next use when something still runs. */
  remove(): Promise<void>;
}

const mount = "/sys/fs/cgroup";
const period = 100_000;

/**
 * Makes (or finds again) the group `name` with these limits, where this process may: next to or below its own group,
 * so that no limit it lives under is left. Null where it may not; then only what a process can be told of itself holds.
 */
export function makeGroup(name: string, limits: GroupLimits, root = mount): LimitGroup | null {
  const own = ownGroups();
  return (
    (existsSync(join(root, "cgroup.controllers"))
      ? unified(name, limits, { root, own: own.get("") ?? "/" })
      : null) ?? separate(name, limits, { root, own })
  );
}

/** Path of this process by controller; `""` is the unified hierarchy. */
function ownGroups(): Map<string, string> {
  const lines = textOf("/proc/self/cgroup").split("\n");
  const groups = new Map<string, string>();
  for (const line of lines) {
    const [, controllers, ...path] = line.split(":");
    if (controllers === undefined) continue;
    for (const controller of controllers.split(",")) groups.set(controller, path.join(":"));
  }
  return groups;
}

/** cgroup v2. A group with processes cannot give controllers to groups below it, so ours stands beside our own. */
function unified(name: string, limits: GroupLimits, at: { root: string; own: string }): LimitGroup | null {
  for (const parent of new Set([join(at.root, dirname(at.own)), at.root])) {
    const given = textOf(join(parent, "cgroup.subtree_control")).split(/\s+/);
    if (!given.includes("pids")) continue;
    const folder = join(parent, name);
    const made = attempt(() => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "pids.max"), String(limits.pids));
      if (given.includes("memory")) {
        writeFileSync(join(folder, "memory.max"), String(limits.memoryBytes));
        if (existsSync(join(folder, "memory.swap.max"))) writeFileSync(join(folder, "memory.swap.max"), "0");
      }
      if (limits.cpus !== null && given.includes("cpu"))
        writeFileSync(join(folder, "cpu.max"), `${Math.round(limits.cpus * period)} ${period}`);
    });
    if (made) return groupOf([folder]);
  }
  return null;
}

/** cgroup v1: one group for each controller. */
function separate(
  name: string,
  limits: GroupLimits,
  at: { root: string; own: ReadonlyMap<string, string> },
): LimitGroup | null {
  const made: string[] = [];
  const make = (controller: string, values: Record<string, string>): boolean => {
    for (const below of new Set([at.own.get(controller) ?? "/", "/"])) {
      const parent = join(at.root, controller, below);
      if (!existsSync(join(parent, "cgroup.procs"))) continue;
      const folder = join(parent, name);
      const done = attempt(() => {
        mkdirSync(folder, { recursive: true });
        for (const [file, value] of Object.entries(values)) writeFileSync(join(folder, file), value);
      });
      if (!done) continue;
      made.push(folder);
      return true;
    }
    return false;
  };
  // Without a bound on processes there is none worth the name: a fork bomb needs little memory of each.
  if (!make("pids", { "pids.max": String(limits.pids) })) return null;
  make("memory", { "memory.limit_in_bytes": String(limits.memoryBytes) });
  if (limits.cpus !== null)
    make("cpu", {
      "cpu.cfs_period_us": String(period),
      "cpu.cfs_quota_us": String(Math.round(limits.cpus * period)),
    });
  return groupOf(made);
}

function groupOf(folders: readonly string[]): LimitGroup {
  return {
    joins: folders.map((folder) => join(folder, "cgroup.procs")),
    async remove() {
      for (const folder of folders) {
        // The last process of a sandbox is gone a moment after the first.
        for (let tries = 0; tries < 20 && !attempt(() => rmdirSync(folder)); tries++) {
          if (!existsSync(folder)) break;
          await pause(25);
        }
      }
    },
  };
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    // Not ours to write, or not of this kernel: the next place is tried.
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, or not mounted.
    return "";
  }
}
