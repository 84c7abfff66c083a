import { expect, it } from "vitest";
import { noUsage } from "../core/conversation.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { InboxRow, Lease, Ledger } from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { createRunAnswers } from "./run-answers.ts";

const outcome: RunOutcome = {
  runId: "r",
  status: "error",
  reason: "failed_model",
  payloads: [],
  usage: noUsage,
  sessionId: "s",
  sessionKey: "agent:main:main",
  startedAt: 1,
  endedAt: 2,
  error: { code: "MODEL_AUTH", message: "no key" },
};
const leaseOf = (options: InboxRow["options"]) =>
  ({
    runId: "r",
    sessionKey: "agent:main:main",
    messages: [{ options, media: [], deliverTo: { channel: "telegram", account: "default", to: "1" } }],
  }) as unknown as Lease;

it("tells of a failure who asked, and nobody of one nobody asked for", () => {
  const styles: string[] = [];
  const answers = createRunAnswers({
    ledger: { deliveries: () => [] } as unknown as Ledger,
    sessions: { get: () => null, tail: () => [] } as unknown as SessionStore,
    clock: systemClock,
    logger: silentLogger,
    settings: () => ({
      replyStyle: ({ to }) => {
        styles.push(to);
        return { prefix: "", limit: 100, replyTo: "off", preview: false };
      },
    }),
    onDeliveries: () => {},
  });
  const asked = leaseOf({});
  const unasked = leaseOf({ aside: { ackMaxChars: 300, reasoning: false } });
  expect(answers.ofEnd(asked, outcome).map(({ text }) => text)).toEqual(["no key"]);
  expect(answers.ofEnd(unasked, outcome)).toEqual([]);
  const said = { ...outcome, status: "ok", reason: "answered", payloads: [{ text: "hi", mediaUrl: null }] };
  expect(answers.ofEnd(unasked, said as RunOutcome).map(({ text }) => text)).toEqual(["hi"]);
  // No part of it goes out while it is written: it may turn out to be nothing.
  styles.length = 0;
  answers.onEvent(unasked, { type: "started", resumed: false, unasked: true });
  answers.onEvent(unasked, { type: "text", text: "HEARTBEAT_OK", delta: "HEARTBEAT_OK" });
  expect(styles).toEqual([]);
});
