import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const cli = fileURLToPath(new URL("../bin/openclaw.js", import.meta.url));
export const token = "b".repeat(64);

export interface Bed {
  home: string;
  stateDir: string;
  port: number;
  env: Record<string, string>;
  remove(): void;
}

/** A fresh home with a configured state directory and a free port. */
export async function makeBed(config: Record<string, unknown> = {}): Promise<Bed> {
  const home = mkdtempSync(join(tmpdir(), "openclaw-bench-"));
  const stateDir = join(home, ".openclaw");
  mkdirSync(stateDir, { mode: 0o700 });
  const port = await freePort();
  const base = { gateway: { mode: "local", port, auth: { mode: "token", token } }, ...config };
  writeFileSync(join(stateDir, "openclaw.json"), JSON.stringify(base, null, 2), { mode: 0o600 });
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, OPENCLAW_STATE_DIR: stateDir, NO_COLOR: "1" };
  return { home, stateDir, port, env, remove: () => rmSync(home, { recursive: true, force: true }) };
}

export interface Running {
  child: ChildProcess;
  stop(): Promise<void>;
}

export function spawnGateway(bed: Bed, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [cli, "gateway"], {
    env: { ...bed.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Memory in MB of a process and all below it: a row of `smaps_rollup`, proportional where pages are shared. */
export function treeMb(pid: number, row: "Pss" | "Pss_Anon"): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      continue; // It ended between the listing and the look.
    }
  }
  const inTree = (each: number): boolean =>
    each === pid || (parents.has(each) && each > 1 && inTree(parents.get(each) ?? 0));
  let kilobytes = 0;
  for (const each of parents.keys()) {
    if (!inTree(each)) continue;
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, "utf8");
    kilobytes += Number(new RegExp(`^${row}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
};
export const median = (values: readonly number[]): number => percentile(values, 0.5);
