import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policy } from "../../../test/support/ledger-values.ts";
import { manualClock, type ManualClock } from "../../../test/support/manual-clock.ts";
import { scopes, type Principal } from "../../core/authority.ts";
import { silentLogger } from "../../core/logger.ts";
import { openStorage, type Storage } from "../../sessions/index.ts";
import { resolvePaths } from "../../state/index.ts";
import { createApprovalService, type ApprovalService } from "../index.ts";
import { createApprovalAnnouncer, type ApprovalAnnouncer, type ApprovalPlaces } from "./index.ts";

let home: string;
let storage: Storage;
let clock: ManualClock;
let approvals: ApprovalService;
let announcer: ApprovalAnnouncer;
let places: ApprovalPlaces;

const owner: Principal = {
  kind: "sender",
  id: "telegram:default:1",
  role: "operator",
  scopes: new Set(scopes),
  owner: true,
};
const member: Principal = { ...owner, id: "telegram:default:2", scopes: new Set(), owner: false };
const chat = { channel: "telegram", account: "default", to: "c1" };
const at = { ...chat, messageId: "m1" };
const id = "exec-0123456789abcdef0123456789abcdef";
const ask = (change: object = {}) =>
  approvals.request(
    {
      id,
      command: "rm x",
      cwd: "/w",
      host: "gateway",
      security: null,
      ask: null,
      agentId: "main",
      resolvedPath: null,
      sessionKey: "agent:main:main",
      runId: "run-1",
      planDigest: "d",
      ...change,
    },
    600_000,
  );

/** Storage, approvals and announcer as a new process has them. */
async function open(): Promise<void> {
  storage = await openStorage({
    paths: resolvePaths({ env: {}, home }),
    clock,
    logger: silentLogger,
    policy: () => policy(),
  });
  await storage.ledger.recover();
  approvals = createApprovalService({ db: storage.db, clock, logger: silentLogger });
  announcer = createApprovalAnnouncer({
    approvals,
    ledger: storage.ledger,
    places: () => places,
    placeOf: () => ({ buttons: true, maxChars: 4000 }),
    wake: () => {},
    clock,
    logger: silentLogger,
  });
}
async function restart(): Promise<void> {
  announcer.stop();
  await storage.close();
  await open();
}
/** The outbox, in short: everything that is due is sent. */
async function send(): Promise<void> {
  for (let n = 1; ; n++) {
    const claimed = await storage.ledger.claimDelivery(clock.now());
    if (!claimed) return;
    const receipt = { messageId: `m${n}` };
    await storage.ledger.settleDelivery(claimed.row.id, { kind: "sent", receipt }, clock.now());
  }
}
const told = () => storage.ledger.deliveries({ runId: "run-1" }).sort((a, b) => a.id - b.id);
async function until(met: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (met()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("it did not come to that");
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-announcer-"));
  clock = manualClock();
  places = { inChat: true, targets: [] };
  await open();
  await storage.ledger.accept({
    dedupeKey: "channel:telegram:run-1",
    runId: "run-1",
    door: "channel:telegram",
    sessionKey: "agent:main:main",
    sessionKeyAsSent: "agent:main:main",
    agentId: "main",
    principal: { kind: "sender", id: owner.id, role: "operator", scopes: [...scopes], owner: true },
    origin: { door: "channel:telegram", trust: "owner" },
    text: "do it",
    media: [],
    mode: "followup",
    deliverTo: { ...chat, answers: "m0" },
    options: {},
  });
  await storage.ledger.claim(clock.now());
});
afterEach(async () => {
  announcer.stop();
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});

describe("approvals in chats", () => {
  it("are asked for where the run answers and in further places, once each", async () => {
    const other = { channel: "slack", account: "work", to: "C9", threadId: "7" };
    places = { inChat: true, targets: [other, chat] };
    await announcer.start();
    await ask();
    await until(() => told().length === 2);
    expect(told()).toMatchObject([
      { target: chat, text: expect.stringContaining("rm x") as string },
      { target: other },
    ]);
    await restart();
    await announcer.start();
    expect(told()).toHaveLength(2);
  });

  it("are asked for nowhere when they are switched off, or the run answers nowhere", async () => {
    await announcer.start();
    await ask({ id: `${id}2`, runId: "run-2" });
    places = { inChat: false, targets: [] };
    await ask();
    await announcer.start();
    expect(told()).toEqual([]);
  });

  it("are decided once by somebody who may; the message then says who did it", async () => {
    await announcer.start();
    await ask();
    await until(() => told().length === 1);
    await send();
    const by = { principal: owner, name: "Anna", at };
    expect(await announcer.press("something else", by)).toBeNull();
    expect(await announcer.press(`apr:o:${id}`, { principal: member, name: "Eve", at })).toContain(
      "Only the owner",
    );
    expect(approvals.get(id)?.decision).toBeNull();
    expect(await announcer.press(`apr:o:${id}`, by)).toBe("Allowed.");
    expect(await announcer.press(`apr:d:${id}`, by)).toBe(
      "Already decided: allowed by Anna (telegram:default:1).",
    );
    expect(await announcer.press("apr:o:exec-unknown", by)).toContain("not known");
    expect(approvals.get(id)).toMatchObject({
      decision: "allow-once",
      resolvedBy: "Anna (telegram:default:1)",
    });
    await until(() => told().length === 2);
    const [question, end] = told();
    expect(end).toMatchObject({
      key: `${question?.key}:end`,
      target: chat,
      text: expect.stringContaining("Allowed once by Anna") as string,
      content: { replaces: question?.key, buttons: [] },
    });
    // The approval holds for the plan it was asked for, once.
    expect(await approvals.consume(id, "another plan")).toBe(false);
    expect(await approvals.consume(id, "d")).toBe(true);
    expect(await approvals.consume(id, "d")).toBe(false);
  });

  it("may be decided by an approver who is not the owner", async () => {
    await announcer.start();
    await ask();
    const approver = { ...member, scopes: new Set(["operator.approvals"] as const) };
    expect(await announcer.press(`apr:d:${id}`, { principal: approver, name: undefined, at })).toBe(
      "Denied.",
    );
    expect(approvals.get(id)).toMatchObject({ decision: "deny", resolvedBy: member.id });
  });

  it("close the message that was pressed when the process died before it learnt its id", async () => {
    await announcer.start();
    await ask();
    await until(() => told().length === 1);
    const claimed = await storage.ledger.claimDelivery(clock.now());
    await storage.ledger.settleDelivery(
      claimed?.row.id ?? 0,
      { kind: "unknown", error: "died" },
      clock.now(),
    );
    await announcer.press(`apr:o:${id}`, { principal: owner, name: "Anna", at: { ...at, messageId: "m77" } });
    await until(() => told().length === 2);
    expect(told()[1]?.content).toEqual({ kind: "edit", messageId: "m77", buttons: [] });
  });

  it("run out, also while nothing runs, and say so", async () => {
    await announcer.start();
    await ask();
    await until(() => told().length === 1);
    await send();
    clock.advance(600_000);
    await until(() => told().length === 2);
    expect(told()[1]?.text).toContain("Nobody answered in time");
    expect(await announcer.press(`apr:o:${id}`, { principal: owner, name: "Anna", at })).toContain("expired");
  });

  it("that were decided or ran out while the gateway was down are closed at the next start, once", async () => {
    await announcer.start();
    await ask();
    await until(() => told().length === 1);
    await send();
    await restart();
    clock.advance(601_000);
    for (let start = 0; start < 2; start++) {
      await announcer.start();
      expect(told().map(({ text }) => text.includes("Nobody answered"))).toEqual([false, true]);
      await restart();
    }
  });

  it("that nobody saw leave nothing behind", async () => {
    await announcer.start();
    await ask();
    await until(() => told().length === 1);
    await approvals.resolve(id, "deny", "the run ended");
    await until(() => told()[0]?.state === "dead");
    await announcer.start();
    expect(told()).toHaveLength(1);
  });
});
