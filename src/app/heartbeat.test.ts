import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mainKey, openFixture, says, stranger, type Fixture } from "../../test/support/agent-fixture.ts";
import { createSystemEvents, type SystemEvents } from "../automation/index.ts";
import { storePrincipal } from "../core/authority.ts";
import { systemClock } from "../core/clock.ts";
import { textOf } from "../core/conversation.ts";
import type { InboundMessage } from "../ledger/contract.ts";
import { takeUpReports, targetOf } from "./heartbeat.ts";

describe("where a heartbeat's answer goes", () => {
  const route = { channel: "telegram", to: "7", accountId: "work", threadId: "3" };
  const channels = ["telegram", "slack"];
  const there = { channel: "telegram", account: "work", to: "7", threadId: "3" };

  it.each([
    ["the chat last used", { target: "last" }, route, there],
    ["nowhere when it was never used from a chat", { target: "last" }, null, null],
    ["nowhere when that channel is gone", { target: "last" }, { ...route, channel: "signal" }, null],
    ["nowhere when told so", { target: "none" }, route, null],
    ["the same chat when only its channel is named", { target: "telegram" }, route, there],
    ["nobody in a channel without saying whom", { target: "slack" }, route, null],
    [
      "whom one says",
      { target: "slack", to: "C1", accountId: "team" },
      route,
      { channel: "slack", account: "team", to: "C1" },
    ],
    [
      "somebody else of the same channel, not in the topic of the chat",
      { target: "last", to: "8" },
      route,
      { channel: "telegram", account: "work", to: "8" },
    ],
  ])("%s", (_, settings, from, target) => expect(targetOf(settings, from, channels)).toEqual(target));
});

describe("what was reported", () => {
  let fixture: Fixture;
  let systemEvents: SystemEvents;
  const beat: Partial<InboundMessage> = {
    door: "heartbeat",
    mode: "followup",
    options: { aside: { ackMaxChars: 9, reasoning: false } },
  };
  beforeEach(async () => {
    fixture = await openFixture();
    systemEvents = createSystemEvents({
      db: fixture.storage.db,
      clock: systemClock,
      defaultAgentId: () => "main",
    });
    await systemEvents.push({ text: "mine", source: "wake", owner: true });
    await systemEvents.push({ text: "theirs", source: "hook door" });
    await systemEvents.push({ text: "for another", source: "wake", agentId: "ops", owner: true });
  });
  afterEach(() => fixture.close());

  /** Runs a message as the gateway does: what waits comes first. Answers what the model was shown. */
  async function hear(message: Partial<InboundMessage>): Promise<string> {
    fixture.model.script.push(says("HEARTBEAT_OK"));
    await fixture.accept("look", message);
    const lease = await fixture.claim();
    await takeUpReports(lease, { sessions: fixture.storage.sessions, systemEvents, mainKey: "main" });
    await fixture.run(lease);
    return (fixture.model.calls.at(-1)?.entries ?? []).map((entry) => textOf(entry.content)).join("\n");
  }
  const waiting = () => systemEvents.waiting().map(({ text }) => text);

  it("is heard by a beat of no more authority, marked as foreign, and is then gone", async () => {
    const shown = await hear({ ...beat, principal: storePrincipal({ ...stranger, kind: "scheduler" }) });
    expect(shown).toMatch(/<untrusted[^>]*from="hook door"[^>]*>\s*theirs/);
    expect(shown).toContain("mine");
    expect(waiting()).toEqual(["for another"]);
    expect(fixture.storage.sessions.context(mainKey)).toEqual([]);
  });

  it("waits, where it is not the owner's, when the beat acts for the owner", async () => {
    const shown = await hear(beat);
    expect(shown).toContain("mine");
    expect(shown).not.toContain("theirs");
    expect(waiting()).toEqual(["theirs", "for another"]);
  });

  it("joins the next conversation, and stays in it", async () => {
    expect(await hear({})).toContain("theirs");
    expect(waiting()).toEqual(["for another"]);
    expect(fixture.storage.sessions.context(mainKey).map(({ kind }) => kind)).toEqual([
      "injected",
      "injected",
      undefined,
      undefined,
    ]);
  });
});
