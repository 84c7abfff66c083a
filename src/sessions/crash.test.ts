import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths } from "../state/index.ts";
import { policy } from "../../test/support/ledger-values.ts";
import { openStorage } from "./index.ts";

const child = fileURLToPath(new URL("../../test/support/storage-crash-child.ts", import.meta.url));
const seed = Number(process.env["OPENCLAW_TEST_SEED"] ?? Date.now() % 1_000_000);
const hasStrace = spawnSync("strace", ["-V"]).status === 0;

/** Numbers in [0, 1) that a seed repeats. */
function numbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs the child and resolves with how it ended; `killAfterMs` counts from its first accepted message. */
function run(
  command: string,
  args: string[],
  kill: { dir: string; afterMs: number | null },
): Promise<number | null> {
  const started = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  started.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const timer = kill.afterMs === null ? null : setTimeout(() => started.kill("SIGKILL"), kill.afterMs);
  return new Promise((resolve, reject) => {
    started.on("error", reject);
    started.on("exit", (code) => {
      if (timer) clearTimeout(timer);
      if (code !== null && code !== 0 && code !== 137)
        reject(new Error(`the child failed: ${errors.slice(-2000)}`));
      else resolve(code);
    });
  });
}

const logged = (dir: string, name: string) =>
  readFileSync(join(dir, name), "utf8").split("\n").filter(Boolean);

async function verify(dir: string, count: number): Promise<void> {
  const accepted = logged(dir, "accepted");
  expect(new Set(accepted).size).toBe(count);
  const storage = await openStorage({
    paths: resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir }),
    clock: systemClock,
    logger: silentLogger,
    policy,
  });
  expect(await storage.ledger.recover()).toEqual({
    parkedRuns: 0,
    interruptedRuns: 0,
    healedTranscripts: 0,
    ambiguousDeliveries: 0,
  });
  const steered = new Set<string>();
  const seqs = new Map<string, number>();
  for (const id of accepted) {
    const { messages } = storage.ledger.why(`chat.send:main:${id}`);
    expect(messages, id).toHaveLength(1);
    expect(messages[0]?.outcome, id).toMatch(/^(answered|answered_with_others|superseded)$/);
    expect(storage.ledger.outcome(id), id).not.toBeNull();
    if (messages[0]) seqs.set(id, messages[0].seq);
    if (messages[0]?.mode === "steer") steered.add(id);
  }
  const answers: string[] = [];
  for (const session of ["s0", "s1", "s2"]) {
    const path = storage.sessions.transcriptPath(`agent:main:${session}`);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.length).toBe(new Set(ids).size);
    const users = ids.filter((id) => id.endsWith(":user")).map((id) => id.split(":")[0] ?? "");
    const inOrder = users.filter((id) => !steered.has(id)).map((id) => seqs.get(id) ?? -1);
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    answers.push(...ids.filter((id) => id.endsWith(":answer")).map((id) => id.split(":")[0] ?? ""));
    for (const user of users) expect(answers).toContain(storage.ledger.findRun(user)?.runId);
    expect(readdirSync(join(path, "..")).filter((name) => name.includes("torn"))).toEqual([]);
  }
  for (const name of ["effects", "sent"])
    expect(new Set(logged(dir, name)).size).toBe(logged(dir, name).length);
  const settled = storage.ledger.deliveries({ limit: 10_000 });
  expect(settled.map((row) => row.state).filter((state) => state !== "sent" && state !== "unknown")).toEqual(
    [],
  );
  expect(settled.map((row) => row.runId).toSorted()).toEqual(answers.toSorted());
  await storage.close();
}

/** Kills and restarts until the work is done; returns how often it was killed. */
async function torture(options: {
  count: number;
  maxKills: number;
  start: (dir: string, childArgs: string[], random: () => number, isLast: boolean) => Promise<number | null>;
}): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "crash-"));
  const random = numbers(seed);
  let kills = 0;
  try {
    for (;;) {
      const isLast = kills >= options.maxKills;
      const args = [
        "--disable-warning=ExperimentalWarning",
        child,
        dir,
        String(seed + kills),
        String(options.count),
      ];
      if ((await options.start(dir, args, random, isLast)) === 0) break;
      kills++;
    }
    await verify(dir, options.count);
    return kills;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe(`killed and restarted (OPENCLAW_TEST_SEED=${seed})`, () => {
  it(
    "answers every accepted message once, in order, whenever SIGKILL comes",
    { timeout: 60_000 },
    async () => {
      const kills = await torture({
        count: 600,
        maxKills: 12,
        start: (dir, args, random, isLast) =>
          run(process.execPath, args, { dir, afterMs: isLast ? null : 120 + random() * 250 }),
      });
      expect(kills).toBeGreaterThan(0);
    },
  );

  it.skipIf(!hasStrace)(
    "… and at any single write to disk (needs strace)",
    { timeout: 120_000 },
    async () => {
      const calls = ["pwrite64", "pwrite64", "write", "fsync"];
      const kills = await torture({
        count: 60,
        maxKills: 10,
        start: (dir, args, random, isLast) => {
          const call = calls[Math.floor(random() * calls.length)] ?? "write";
          const inject = `inject=${call}:signal=KILL:when=${1 + Math.floor(random() * 80)}`;
          const strace = [
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            `trace=${call}`,
            "-e",
            inject,
            process.execPath,
            ...args,
          ];
          return isLast
            ? run(process.execPath, args, { dir, afterMs: null })
            : run("strace", strace, { dir, afterMs: null });
        },
      });
      expect(kills).toBeGreaterThan(0);
    },
  );
});
