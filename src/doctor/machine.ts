import { readFileSync, statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { connect } from "node:net";
import { describePortOwner } from "../guard/index.ts";
import type { Machine } from "./contract.ts";

/** This machine. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    runtime: process.versions["bun"] === undefined ? "node" : "bun",
    uid: process.getuid?.() ?? null,
    totalMemoryBytes: totalmem(),
    memoryLimitBytes: memoryLimit(),
    freeBytes(path) {
      try {
        const { bavail, bsize } = statfsSync(path);
        return bavail * bsize;
      } catch {
        return null; // nothing there, or a file system that does not say
      }
    },
    async portOwner(port) {
      if (!(await answers(port))) return null;
      return (await describePortOwner(port)) ?? "";
    },
  };
}

/** Of the control group (v2, then v1); "max" and the huge number of v1 mean none. */
function memoryLimit(): number | null {
  for (const path of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    try {
      const bytes = Number(readFileSync(path, "utf8").trim());
      if (Number.isFinite(bytes) && bytes < 2 ** 50) return bytes;
    } catch {
      continue; // not Linux, or not in a group
    }
  }
  return null;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 500 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
