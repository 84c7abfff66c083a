import { describe, expect, it } from "vitest";
import { noUsage } from "../core/conversation.ts";
import type { RunOutcome } from "../core/outcome.ts";
import { plainStyle, replyDeliveries } from "./reply-deliveries.ts";

const target = { channel: "telegram", account: "default", to: "1" };
const typed = { deliverTo: target, media: [] };
const spoken = { deliverTo: target, media: [{ digest: "d", mimeType: "audio/ogg", bytes: 1 }] };
const outcome = (change: Partial<RunOutcome> = {}): RunOutcome => ({
  runId: "r",
  status: "ok",
  reason: "answered",
  payloads: [
    { text: "**One.**", mediaUrl: null },
    { text: "Two.", mediaUrl: null },
  ],
  usage: noUsage,
  sessionId: "s",
  sessionKey: "k",
  startedAt: 0,
  endedAt: 0,
  ...change,
});
const speaking =
  (mode: "off" | "inbound" | "always", maxChars = 100) =>
  () => ({
    ...plainStyle,
    speech: { mode, maxChars },
  });

describe("what the end of a run sends", () => {
  it("has the footer below its last part only", () => {
    const texts = replyDeliveries([typed], outcome(), undefined, { footer: "9 tokens" }).map(
      ({ text }) => text,
    );
    expect(texts).toEqual(["**One.**", "Two.\n\n9 tokens"]);
  });

  it.each([
    ["always", typed, true],
    ["always", spoken, true],
    ["inbound", typed, false],
    ["inbound", spoken, true],
    ["off", spoken, false],
  ] as const)("is spoken as well: %s", (mode, message, expected) => {
    const sent = replyDeliveries([message], outcome(), speaking(mode), { footer: "9 tokens" });
    const voice = sent.find(({ key }) => key === "r:speech");
    expect(voice?.content).toEqual(expected ? { kind: "message", speech: "**One.**\n\nTwo." } : undefined);
    // The words come in any case, and first.
    expect(sent.slice(0, 2).map(({ key }) => key)).toEqual(["r:0:0", "r:1:0"]);
  });

  it.each([
    ["is long", {}, 5],
    ["is a command's", { reason: "command" }, 100],
    ["failed", { status: "error", error: { code: "X", message: "broken" } }, 100],
    ["is silent", { payloads: [] }, 100],
  ] as const)("is not spoken when the answer %s", (_what, change, maxChars) => {
    const sent = replyDeliveries(
      [spoken],
      outcome(change as Partial<RunOutcome>),
      speaking("always", maxChars),
    );
    expect(sent.filter(({ content }) => content?.kind === "message" && content.speech)).toEqual([]);
  });
});
