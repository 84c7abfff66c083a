import { afterEach, describe, expect, it } from "vitest";
import { narrow, storePrincipal } from "../core/authority.ts";
import { noUsage, textOf } from "../core/conversation.ts";
import {
  mainKey,
  openFixture,
  owner,
  says,
  stranger,
  type Fixture,
} from "../../test/support/agent-fixture.ts";
import { isAside, parseChatCommand, preemptsRun } from "./commands.ts";
import { usageFooter } from "./session-commands.ts";

describe("chat commands in text", () => {
  it.each([
    ["/status", { name: "status", argument: "" }],
    [" /Think  high ", { name: "think", argument: "high" }],
    ["/think:high", { name: "think", argument: "high" }],
    ["/think: high", { name: "think", argument: "high" }],
    ["/model anthropic/claude-x", { name: "model", argument: "anthropic/claude-x" }],
    ["/status@my_bot", { name: "status", argument: "" }],
    ["/abort", { name: "stop", argument: "" }],
    ["/statuses", null],
    ["/etc/passwd is a file", null],
    ["please /stop", null],
    ["/constructor", null],
    ["/", null],
    ["", null],
  ])("%j", (text, expected) => {
    expect(parseChatCommand(text)).toEqual(expected);
  });

  it("let only those stop a run who may", () => {
    expect(preemptsRun("/stop", owner)).toBe(true);
    expect(preemptsRun("/stop", narrow(owner, ["operator.write"]))).toBe(true);
    expect(preemptsRun("/stop", narrow(owner, ["operator.read"]))).toBe(false);
    expect(preemptsRun("/stop", stranger)).toBe(false);
    expect(preemptsRun("/status", owner)).toBe(false);
  });
});

it.each([
  ["/status", true],
  ["/approve abcd", true],
  ["/deny abcd", true],
  ["/queue steer", true],
  ["/model", false],
  ["/new", false],
  ["/compact", false],
  ["/stop", false],
  ["hello", false],
])("%s is answered on arrival: %s", (text, expected) => {
  expect(isAside(text, owner)).toBe(expected);
  expect(isAside(text, stranger)).toBe(false);
});

it("the line below an answer says what was asked for", () => {
  const answer = {
    usage: { ...noUsage, input: 10, output: 5, total: 15, cost: 0.01 },
    provider: "p",
    model: "m",
  };
  expect(usageFooter(undefined, answer)).toBe("");
  expect(usageFooter("tokens", answer)).toBe("15 tokens");
  expect(usageFooter("on", answer)).toBe("15 tokens");
  expect(usageFooter("cost", answer)).toBe("$0.0100");
  expect(usageFooter("full", answer)).toBe("15 tokens (10 in, 5 out) · $0.0100 · p/m");
  expect(usageFooter("full", { usage: noUsage })).toBe("");
});

describe("chat commands in a session", () => {
  let fixture: Fixture;
  afterEach(() => fixture.close());
  const say = async (text: string, message = {}) => (await fixture.say(text, message)).outcome;

  it("answer without a model and leave no trace in the conversation", async () => {
    fixture = await openFixture();
    const outcome = await say("/status");
    expect(outcome).toMatchObject({ status: "ok", reason: "command", usage: { total: 0 } });
    expect(outcome.payloads[0]?.text).toContain("Model: scripted/one · thinking off");
    expect(fixture.model.calls).toHaveLength(0);
    expect(fixture.transcript()).toEqual([]);
    expect((await say("/help")).payloads[0]?.text).toContain("/compact – ");
  });

  it("change model and thinking for the session, and back", async () => {
    fixture = await openFixture();
    expect((await say("/model scripted/two")).payloads[0]?.text).toBe("Model of this session: scripted/two.");
    expect((await say("/think xhigh")).payloads[0]?.text).toBe("Thinking of this session: xhigh.");
    expect(fixture.storage.sessions.get(mainKey)?.settings).toMatchObject({
      model: "scripted/two",
      thinkingLevel: "xhigh",
    });
    await say("/model default");
    await say("/think default");
    expect((await say("/model")).payloads[0]?.text).toContain("scripted/one");
    expect((await say("/think")).payloads[0]?.text).toBe("Thinking: off.");
  });

  it("change the queue and what stands below answers", async () => {
    fixture = await openFixture();
    expect((await say("/queue")).payloads[0]?.text).toBe(
      "Queue: 0 waiting, mode collect. Change it with /queue collect | followup | steer | interrupt | default.",
    );
    expect((await say("/queue Steer")).payloads[0]?.text).toBe("Queue mode of this session: steer.");
    expect((await say("/usage full")).payloads[0]?.text).toBe("Below each answer: full.");
    const settings = () => fixture.storage.sessions.get(mainKey)?.settings;
    expect(settings()).toEqual({ queueMode: "steer", responseUsage: "full" });
    await say("/queue default");
    await say("/usage off");
    expect(settings()).toEqual({});
  });

  it("explain what they do not understand and change nothing", async () => {
    fixture = await openFixture();
    expect((await say("/queue fast")).payloads[0]?.text).toContain('"fast" is no queue mode');
    expect((await say("/usage lots")).payloads[0]?.text).toContain('"lots" is not known');
    expect((await say("/model scripted/nine")).payloads[0]?.text).toBe(
      'there is no model "scripted/nine" (openclaw models list)',
    );
    expect((await say("/think hard")).payloads[0]?.text).toContain('"hard" is no thinking level');
    expect(fixture.storage.sessions.get(mainKey)?.settings).toEqual({});
  });

  it.each([
    "/new",
    "/reset",
    "/model scripted/two",
    "/think high",
    "/compact",
    "/stop",
    "/status",
    "/pair",
    "/approve",
    "/deny abcd",
    "/queue steer",
    "/usage full",
  ])("%s is refused to somebody who has no scope for it", async (text) => {
    fixture = await openFixture();
    const before = (await fixture.storage.sessions.ensure(mainKey, "main")).sessionId;
    const outcome = await say(text, { principal: storePrincipal(stranger) });
    expect(outcome).toMatchObject({ reason: "refused_policy" });
    expect(outcome.payloads[0]?.text).toMatch(/^You may not use \/\w+ here: missing scope: operator\./);
    expect(fixture.storage.sessions.get(mainKey)).toMatchObject({ sessionId: before, settings: {} });
  });

  it("are not carried out when another session's model wrote them, whatever its authority", async () => {
    fixture = await openFixture();
    const before = (await fixture.storage.sessions.ensure(mainKey, "main")).sessionId;
    fixture.model.script.push(says("I will not."));
    const outcome = await say("/new", { door: "sessions_send" });
    expect(outcome).toMatchObject({ reason: "answered", payloads: [{ text: "I will not." }] });
    expect(fixture.storage.sessions.get(mainKey)?.sessionId).toBe(before);
  });

  it("start a new conversation; what follows in the same breath is answered in it", async () => {
    fixture = await openFixture();
    fixture.model.script.push(says("Old."), says("New."));
    await say("before");
    const old = fixture.storage.sessions.get(mainKey)?.sessionId;
    await fixture.accept("/new");
    await fixture.accept("hello");
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome.payloads.map((payload) => payload.text)).toEqual([
      "New conversation. Settings were kept, the old transcript is archived.",
      "New.",
    ]);
    expect(outcome.sessionId).not.toBe(old);
    expect(fixture.model.calls[1]?.entries.map((entry) => textOf(entry.content))).toEqual(["hello"]);
    expect(fixture.transcript().map((entry) => textOf(entry.content))).toEqual(["hello", "New."]);
  });

  it("compact when asked to", async () => {
    fixture = await openFixture();
    expect((await say("/compact")).payloads[0]?.text).toMatch(/^Nothing to compact/);
    fixture.model.script.push(says("One."), says("Two."), says("- they counted"));
    await say("first");
    await say("second");
    expect((await say("/compact")).payloads[0]?.text).toMatch(/^Compacted/);
    expect(fixture.storage.sessions.context(mainKey)[0]).toMatchObject({ kind: "compaction" });
  });
});
