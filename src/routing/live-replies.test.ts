import { describe, expect, it } from "vitest";
import {
  clock,
  message,
  openHost,
  put,
  state,
  storage,
  until,
  writtenRuns,
} from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";
import { replyDeliveries } from "./reply-deliveries.ts";

describe("an answer that grows", () => {
  async function running() {
    const channel = scriptedChannel();
    const { runs, emit } = writtenRuns();
    const it = openHost(channel);
    await it.start(runs);
    await channel.starts[0]?.receive(message("1"));
    const lease = await storage.ledger.claim(clock.now());
    if (!lease) throw new Error("nothing to claim");
    const { runId } = lease;
    emit({ type: "started", runId, resumed: false });
    return { channel, it, lease, runId, emit };
  }
  const outcome = (runId: string, texts: string[]) =>
    ({
      runId,
      status: "ok",
      reason: texts.length > 0 ? "answered" : "silent",
      payloads: texts.map((text) => ({ text, mediaUrl: null })),
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
      sessionId: "s",
      sessionKey: "agent:main:scripted:dm:alice",
      startedAt: 1,
      endedAt: 2,
    }) as const;

  it("stands in one message from the first words to the last, with typing and an emoji while it is written", async () => {
    const { channel, it, lease, runId, emit } = await running();
    await until(() => channel.sent.some(({ kind }) => kind === "react"));
    emit({ type: "text", runId, text: "Hel", delta: "Hel" });
    await until(() => [...channel.shown.values()][0] === "Hel", 250);
    emit({ type: "text", runId, text: "Hello, wor", delta: "lo, wor" });
    await until(() => [...channel.shown.values()][0] === "Hello, wor", 250);
    const end = outcome(runId, ["Hello, world."]);
    const style = { prefix: "", limit: 300, replyTo: "first", preview: true } as const;
    await storage.ledger.complete(lease, {
      outcome: end,
      entries: [],
      deliveries: replyDeliveries(lease.messages, end, () => style),
    });
    emit({ type: "finished", runId, outcome: end });
    it.wakeOutbox();
    await until(() => state(`${runId}:0:0`) === "sent", 100);
    expect([...channel.shown.values()]).toEqual(["Hello, world."]);
    expect(channel.typing.at(0)).toBe(true);
    await until(() => channel.typing.at(-1) === false);
    const reactions = channel.sent.filter(({ kind }) => kind === "react");
    expect(reactions).toMatchObject([{ emoji: "👀", messageId: "1" }, { remove: true }]);
  });

  it("is sent anew when its preview is gone, and the preview goes when there is no answer", async () => {
    const { channel, it, lease, runId, emit } = await running();
    emit({ type: "text", runId, text: "Hm", delta: "Hm" });
    await until(() => channel.shown.size === 1, 250);
    const end = outcome(runId, []);
    await storage.ledger.complete(lease, { outcome: end, entries: [], deliveries: [] });
    emit({ type: "finished", runId, outcome: end });
    await until(() => channel.shown.size === 0, 200);
    channel.onSend = (sent) =>
      sent.kind === "edit" ? { kind: "dead", error: "no such message" } : undefined;
    await put("final", "chat-a", { content: { kind: "message", replaces: `${runId}:preview` } });
    it.wakeOutbox();
    await until(() => state("final") === "sent");
    expect([...channel.shown.values()]).toEqual(["final"]);
  });
});
