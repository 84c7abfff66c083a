import { existsSync } from "node:fs";
import { join } from "node:path";
import { isProcessAlive } from "../../state/index.ts";
import type { Check } from "../contract.ts";
import { look } from "../disk.ts";

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** DOC-041, STATE-033 */
export const otherStateDirs: Check = {
  id: "other-state-dirs",
  title: "More than one state directory",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: the one that is not used is moved away",
  inspect({ paths }) {
    const others = ["openclaw", ".clawdbot", ".moltbot"].map((name) => join(paths.home, name));
    return others
      .filter((path) => path !== paths.stateDir && look(path)?.isDirectory())
      .filter((path) => !/[/\\]openclaw$/.test(path) || isState(path))
      .map((path) => ({
        evidence: `${path} exists beside ${paths.stateDir}; only the latter is used`,
        fix: `move what you need, then: mv ${path} ${path}.old`,
        undo: `mv ${path}.old ${path}`,
      }));
  },
};

/** `~/openclaw` is also where people check the source out. */
const isState = (path: string): boolean =>
  ["openclaw.json", "agents", "credentials"].some((name) => existsSync(join(path, name)));

export const diskSpace: Check = {
  id: "disk-space",
  title: "Little space left on the disk",
  severity: "warning",
  surface: "doctor",
  mends: "by hand; below 100 MB it is critical",
  inspect({ paths, machine }) {
    const path = existsSync(paths.stateDir) ? paths.stateDir : paths.home;
    const free = machine.freeBytes(path);
    if (free === null || free >= gib) return [];
    return [
      {
        severity: free < 100 * mib ? "critical" : "warning",
        evidence: `${Math.round(free / mib)} MB free on the file system of ${path}`,
        fix: `df -h ${path}`,
      },
    ];
  },
};

/** ENV, SEC: a Node that gets no fixes, or another runtime. */
export const runtime: Check = {
  id: "runtime",
  title: "Runtime",
  severity: "warning",
  surface: "both",
  mends: "by hand: install a supported Node",
  inspect({ machine }) {
    const [major = 0, minor = 0] = machine.nodeVersion.split(".").map(Number);
    if (machine.runtime !== "node") {
      return [
        {
          title: "This is not Node",
          evidence: `running on ${machine.runtime}; channels are tested on Node only`,
          fix: "install Node 22.13 or later",
        },
      ];
    }
    if (major > 22 || (major === 22 && minor >= 13)) return [];
    return [
      {
        severity: "critical",
        title: "Node is too old",
        evidence: `Node ${machine.nodeVersion}; 22.13 is the oldest that gets fixes and that this program runs on`,
        fix: "install Node 22.13 or later",
      },
    ];
  },
};

/** CONF-54 */
export const memory: Check = {
  id: "memory",
  title: "Memory",
  severity: "info",
  surface: "doctor",
  mends: "by hand: a smaller heap, or more memory",
  inspect({ machine, env }) {
    const available = Math.min(machine.totalMemoryBytes, machine.memoryLimitBytes ?? Infinity);
    const heap = Number(/--max-old-space-size=(\d+)/.exec(env["NODE_OPTIONS"] ?? "")?.[1] ?? 0) * mib;
    if (heap > 0 && heap > available * 0.9) {
      return [
        {
          severity: "warning",
          title: "The heap may grow beyond the memory",
          evidence: `NODE_OPTIONS allows ${heap / mib} MB of ${Math.round(available / mib)} MB`,
          fix: `NODE_OPTIONS=--max-old-space-size=${available <= 2 * gib ? Math.min(1536, Math.floor((available / mib) * 0.75)) : 2048}`,
        },
      ];
    }
    if (available >= 512 * mib) return [];
    return [
      {
        severity: "warning",
        title: "Little memory",
        evidence: `${Math.round(available / mib)} MB ${machine.memoryLimitBytes === null ? "in this machine" : "allowed by the control group"}; 512 MB are the least`,
        fix: "give it more memory, or add swap",
      },
    ];
  },
};

/** DOC-017, SAFE-006 */
export const port: Check = {
  id: "port",
  title: "The gateway's port is taken",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: end that process or choose another port",
  dependsOn: ["config-invalid"],
  async inspect({ config, machine, running }) {
    const { port: number, mode } = config.config.gateway;
    if (mode === "remote" || (running && isProcessAlive(running.pid))) return [];
    const owner = await machine.portOwner(number);
    if (owner === null) return [];
    return [
      {
        evidence: `port ${number} is used by ${owner === "" ? "another process" : owner}, which is no gateway of this state directory`,
        fix: `openclaw config set gateway.port ${number + 1}`,
        undo: `openclaw config set gateway.port ${number}`,
      },
    ];
  },
};
