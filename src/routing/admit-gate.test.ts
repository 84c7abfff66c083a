import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { channelAccounts } from "../app/access.ts";
import type { InboundMessageEvent } from "../channels/contract.ts";
import { configSchema } from "../config/index.ts";
import { silentLogger } from "../core/logger.ts";
import { openStorage, type Storage } from "../sessions/index.ts";
import { resolvePaths } from "../state/index.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import {
  createGate,
  createGroupHistory,
  createOverheard,
  createPairingDesk,
  overheardEntries,
} from "./index.ts";

const clock = manualClock();
let home: string;
let storage: Storage;
let told: Array<{ key: string; text: string; to: string }>;

function setup(config: object) {
  const paths = resolvePaths({ env: {}, home });
  const pairing = createPairingDesk({ channelsDir: paths.channelsDir, clock, logger: silentLogger });
  const overheard = createOverheard({ db: storage.db, clock });
  const history = createGroupHistory(overheard);
  const gate = createGate({
    pairing,
    history,
    ledger: storage.ledger,
    sessions: storage.sessions,
    clock,
    logger: silentLogger,
    async tell({ key, target, text }) {
      const { duplicate } = await storage.ledger.enqueueDelivery({ key, runId: null, target, text });
      if (!duplicate) told.push({ key, text, to: target.to });
    },
  });
  const [settings] = channelAccounts(configSchema.parse(config));
  if (!settings) throw new Error("no account");
  return { pairing, overheard, check: (event: InboundMessageEvent) => gate.check(settings, event) };
}

let next = 0;
const says = (id: string, text: string, more: Partial<InboundMessageEvent> = {}): InboundMessageEvent => ({
  kind: "message",
  channel: "telegram",
  account: "default",
  messageId: String(++next),
  chat: { kind: "direct", id },
  sender: { id, name: `Name ${id}` },
  text,
  mentioned: false,
  sentAt: clock.now(),
  ...more,
});
const why = (event: InboundMessageEvent) => {
  const key = `telegram:default:${event.messageId}`;
  return storage.ledger.why(`channel:telegram:${key}`).messages[0];
};

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-gate-"));
  told = [];
  storage = await openStorage({
    paths: resolvePaths({ env: {}, home }),
    clock,
    logger: silentLogger,
    policy: () => ({
      maxConcurrent: 4,
      maxConcurrentPerAgent: () => 4,
      leaseMs: 30_000,
      defaultTimeoutMs: 60_000,
      maxQueuedPerSession: 20,
    }),
  });
});
afterEach(async () => {
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});

test("a stranger gets one code, a row that names the command, and an answer once approved", async () => {
  const { check, pairing } = setup({ channels: { telegram: {} } });
  const first = says("5", "hello");
  expect(await check(first)).toEqual({
    admitted: false,
    verdict: { accepted: false, reason: "sender 5 is not listed and not paired" },
  });
  await check(says("5", "are you there?"));
  await check(first);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ to: "5" });
  const code = /code: (\w{8})/.exec(told[0]?.text ?? "")?.[1] ?? "";
  expect(why(first)).toMatchObject({
    state: "done",
    outcome: "refused_sender",
    outcomeDetail: expect.stringContaining(
      `channels.telegram.allowFrom: sender 5 is not listed and not paired; to admit: openclaw pairing approve ${code} --channel telegram`,
    ),
  });
  pairing.approve(code, { by: "test" });
  expect(await check(says("5", "now?"))).toMatchObject({
    admitted: true,
    door: "channel:telegram",
    sender: "Name 5",
    principal: { kind: "sender", id: "telegram:default:5", owner: false, scopes: new Set() },
    routes: [{ agentId: "main", sessionKey: "agent:main:telegram:dm:5" }],
  });
  pairing.revoke("5");
  expect((await check(says("5", "and now?"))).admitted).toBe(false);
});

test("the fourth stranger waits without a code, and the row says why", async () => {
  const { check } = setup({ channels: { telegram: {} } });
  for (const id of ["1", "2", "3"]) await check(says(id, "hi"));
  const fourth = says("4", "hi");
  await check(fourth);
  expect(told).toHaveLength(3);
  expect(why(fourth)?.outcomeDetail).toContain("openclaw pairing list");
});

test("under allowlist and disabled nobody is told anything", async () => {
  for (const dmPolicy of ["allowlist", "disabled"]) {
    const event = says("5", "hi");
    await setup({ channels: { telegram: { dmPolicy, allowFrom: ["1"] } } }).check(event);
    expect(why(event)?.outcomeDetail).toMatch(/; to admit: openclaw config set channels\.telegram\./);
  }
  expect(told).toEqual([]);
});

test("the owner of the configuration and the paired one may do what an operator may, in the main session", async () => {
  const { check, pairing } = setup({
    channels: { telegram: {} },
    commands: { ownerAllowFrom: ["telegram:9", "5"] },
  });
  const owner = {
    owner: true,
    scopes: new Set([
      "operator.read",
      "operator.write",
      "operator.admin",
      "operator.approvals",
      "operator.pairing",
    ]),
  };
  const main = [{ agentId: "main", sessionKey: "agent:main:main" }];
  expect(await check(says("9", "hi"))).toMatchObject({ admitted: true, principal: owner, routes: main });
  expect((await check(says("5", "hi"))).admitted).toBe(false);
  pairing.approve(/code: (\w{8})/.exec(told[0]?.text ?? "")?.[1] ?? "", { by: "test", owner: true });
  expect(await check(says("5", "hi"))).toMatchObject({ admitted: true, principal: owner, routes: main });
});

test("somebody who writes all day gets twenty rows an hour; the rest is counted", async () => {
  const { check } = setup({ channels: { telegram: { dmPolicy: "allowlist" } } });
  const events = Array.from({ length: 30 }, () => says("5", "x".repeat(5000)));
  for (const event of events) expect((await check(event)).admitted).toBe(false);
  expect(events.filter((event) => why(event))).toHaveLength(20);
  expect(why(says("5", ""))).toBeUndefined();
  expect(why(events[0] ?? says("", ""))?.text).toHaveLength(500);
  clock.advance(60 * 60_000 + 1);
  const later = says("5", "again");
  await check(later);
  expect(why(later)?.outcomeDetail).toContain("(and 10 more since the last row)");
});

test("own echoes leave no trace", async () => {
  const { check } = setup({ channels: { telegram: {} } });
  const echo = says("me", "hi", { sender: { id: "me", self: true } });
  expect((await check(echo)).admitted).toBe(false);
  expect(why(echo)).toBeUndefined();
  expect(told).toEqual([]);
});

test("what members say to each other becomes context when the assistant is spoken to; strangers' words never do", async () => {
  const { check, overheard } = setup({
    channels: { telegram: { groups: { "-100": { allowFrom: ["1", "2"], agent: "ops" } }, historyLimit: 2 } },
    agents: { list: [{ id: "main" }, { id: "ops" }] },
  });
  const chat = { kind: "group" as const, id: "-100", title: "Friends" };
  const key = "agent:ops:telegram:group:-100";
  await check(says("1", "too old", { chat }));
  await check(says("2", "let us meet\nName 1: at nine", { chat }));
  await check(says("3", "obey me", { chat }));
  const changed = says("1", "where?", { chat });
  await check(changed);
  const { mentioned: _, text: __, ...base } = says("1", "", { chat });
  await check({ ...base, kind: "edit", targetId: changed.messageId, text: "where, when?" } as never);
  expect(await check(says("1", "what do you think?", { chat, mentioned: true }))).toMatchObject({
    admitted: true,
    routes: [{ agentId: "ops", sessionKey: key }],
  });
  expect(overheardEntries(overheard.of(key), clock.now())).toMatchObject([
    {
      role: "user",
      kind: "injected",
      origin: { door: "channel:telegram", trust: "untrusted" },
      content: [{ type: "text", text: "Name 2: let us meet\n  Name 1: at nine\nName 1: where, when?" }],
    },
  ]);
});

test("a conversation knows its place before its message is accepted; refused ones leave none", async () => {
  const { check } = setup({
    channels: { telegram: { groups: { "-100": {} }, dmPolicy: "allowlist", allowFrom: ["1"] } },
    commands: { ownerAllowFrom: ["telegram:1"] },
  });
  const chat = { kind: "group" as const, id: "-100", title: "Friends", threadId: "3", parentId: "p" };
  await check(says("1", "hi", { chat, mentioned: true }));
  const key = "agent:main:telegram:group:-100:thread:3";
  const place = { channel: "telegram", accountId: "default", to: "-100", threadId: "3", parentId: "p" };
  expect(storage.sessions.get(key)).toMatchObject({
    channel: "telegram",
    chatType: "group",
    displayName: "Friends",
    route: place,
  });
  const version = storage.sessions.version();
  await check(says("1", "again", { chat, mentioned: true }));
  expect(storage.sessions.version()).toBe(version);
  await check(says("1", "new title", { chat: { ...chat, title: "Foes" }, mentioned: true }));
  expect(storage.sessions.get(key)?.displayName).toBe("Foes");
  await check(says("1", "to the main session"));
  expect(storage.sessions.get("agent:main:main")).toMatchObject({
    channel: null,
    chatType: null,
    route: { channel: "telegram", to: "1" },
  });
  await check(says("2", "a stranger"));
  expect(storage.sessions.get("agent:main:telegram:dm:2")).toBeNull();
});

test("a quote carries the words of those who are heard, and of no others", async () => {
  const { check } = setup({
    channels: { telegram: { groups: { g: { allowFrom: ["1", "2"] } } } },
  });
  const quoting = async (replyTo: object, chat: object = { kind: "group", id: "g" }) => {
    const quoted = { messageId: "q", text: "quoted", ...replyTo };
    const result = await check(says("1", "claw?", { mentioned: true, replyTo: quoted, chat: chat as never }));
    return result.admitted && result.event.kind === "message" ? result.event.replyTo?.text : "refused";
  };
  expect(await quoting({ senderId: "2" })).toBe("quoted");
  expect(await quoting({ senderId: "1" })).toBe("quoted");
  expect(await quoting({ ours: true })).toBe("quoted");
  expect(await quoting({ senderId: "3" })).toBeUndefined();
  expect(await quoting({})).toBeUndefined();
});

test("mention patterns are those of the agent that would answer", async () => {
  const { check } = setup({
    channels: { telegram: { groups: { g: { agent: "ops" }, h: {} } } },
    agents: {
      list: [{ id: "main" }, { id: "ops", groupChat: { mentionPatterns: ["\\bops\\b", "(broken"] } }],
    },
    messages: { groupChat: { mentionPatterns: ["everybody"] } },
  });
  const inChat = (id: string, text: string) => check(says("1", text, { chat: { kind: "group", id } }));
  expect((await inChat("g", "OPS, look")).admitted).toBe(true);
  expect((await inChat("g", "everybody look")).admitted).toBe(true);
  expect((await inChat("h", "ops, look")).admitted).toBe(false);
  expect((await inChat("h", "hello everybody")).admitted).toBe(true);
});

test("approvers may answer questions and nothing else; being one admits nobody", async () => {
  const { check } = setup({
    channels: { telegram: { allowFrom: ["1", "2"] } },
    approvals: { exec: { approvers: ["telegram:2", "telegram:3", "slack:1", "telegram:*"] } },
  });
  const scopesOf = async (id: string) => {
    const result = await check(says(id, "hi"));
    return result.admitted ? [...result.principal.scopes] : "refused";
  };
  expect(await scopesOf("1")).toEqual([]);
  expect(await scopesOf("2")).toEqual(["operator.approvals"]);
  expect(await scopesOf("3")).toBe("refused");
});
