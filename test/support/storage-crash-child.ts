/**
 * A small gateway without a gateway: accepts messages, answers them, delivers the answers; made to be killed at any
 * moment and started again on the same directory. Arguments: state directory, seed, messages in all. What the outside
 * world would have seen is appended to files: `asked` and `accepted` (message ids), `effects` (tool calls carried out),
 * `sent` (delivery keys). Exits with 0 when everything is answered and delivered.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import type { Lease, QueueMode } from "../../src/ledger/contract.ts";
import { openStorage } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";
import { entry, message, outcome, policy } from "./ledger-values.ts";

const [dir = "", seedText = "1", countText = "50"] = process.argv.slice(2);
const log = (name: string, line: string) => appendFileSync(join(dir, name), `${line}\n`);
const logged = (name: string): string[] =>
  existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8").split("\n").filter(Boolean) : [];

let state = Number(seedText) >>> 0;
/** Mulberry32: the order of events differs from start to start, and a seed repeats it. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pause = async () => {
  for (let turns = Math.floor(random() * 4); turns > 0; turns--) await nextTurn();
};

const storage = await openStorage({
  paths: resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir }),
  clock: systemClock,
  logger: silentLogger,
  policy: () => policy({ maxAttempts: 1000 }),
});
const { ledger, sessions } = storage;
await ledger.recover();

/** Mode and session follow from the id alone, so that a repeated message is the same message. */
const modes: QueueMode[] = ["followup", "collect", "collect", "steer", "interrupt"];
const messageOf = (id: string) => {
  const n = Number(id.slice(1));
  return message(id, { session: `s${n % 3}`, mode: modes[(n * 7) % 11 === 0 ? 4 : n % 4] ?? "followup" });
};

async function produce(): Promise<void> {
  const accepted = new Set(logged("accepted"));
  for (const id of logged("asked").filter((asked) => !accepted.has(asked))) {
    await ledger.accept(messageOf(id));
    log("accepted", id);
  }
  for (let n = logged("asked").length; n < Number(countText); n++) {
    log("asked", `m${n}`);
    await ledger.accept(messageOf(`m${n}`));
    log("accepted", `m${n}`);
    await pause();
  }
}

async function answerRun(lease: Lease): Promise<void> {
  const known = new Set(sessions.context(lease.sessionKey).map((one) => one.id));
  const record = async (ids: string[]) => {
    const missing = ids.filter((id) => !known.has(id)).map((id) => entry(id, { runId: lease.runId }));
    if (missing.length > 0) await ledger.recordEntries(lease, missing);
    for (const id of ids) known.add(id);
  };
  await record(lease.messages.map((row) => `${row.runId}:user`));
  await pause();
  const callId = `${lease.runId}:tool`;
  const result = entry(callId, { role: "tool" });
  if (!known.has(callId)) {
    const open = await ledger.openTools(lease.runId);
    if (open.length === 0) {
      await ledger.beginTool(lease, { callId, name: "exec", input: {}, effect: "exec" });
      log("effects", callId);
    }
    await ledger.finishTool(lease, callId, result);
  }
  await ledger.takeSteering(lease);
  await record(lease.messages.map((row) => `${row.runId}:user`));
  await pause();
  await ledger.complete(lease, {
    outcome: outcome(lease),
    entries: [entry(`${lease.runId}:answer`, { role: "assistant", runId: lease.runId })],
    deliveries: [
      {
        key: `${lease.runId}:0`,
        runId: lease.runId,
        target: { channel: "c", account: "a", to: lease.sessionKey },
        text: "x",
      },
    ],
  });
}

async function deliver(): Promise<boolean> {
  const claim = await ledger.claimDelivery(Date.now());
  if (!claim) return false;
  if (!claim.ambiguous) {
    log("sent", claim.row.key);
    await pause();
  }
  const result = claim.ambiguous
    ? ({ kind: "unknown", error: "the sender died" } as const)
    : ({ kind: "sent", receipt: {} } as const);
  await ledger.settleDelivery(claim.row.id, result, Date.now());
  return true;
}

let isProduced = false;
const producing = produce().then(() => void (isProduced = true));
const working = Array.from({ length: 3 }, async () => {
  for (;;) {
    const lease = await ledger.claim(Date.now());
    if (lease) await answerRun(lease);
    else if (!(await deliver())) {
      const { running, queued } = ledger.activity();
      if (isProduced && running.length + queued === 0 && !(await deliver())) return;
      await nextTurn();
    }
  }
});
await Promise.all([producing, ...working]);
await storage.close();
