import { expect, it } from "vitest";
import {
  clock,
  openHost,
  put,
  state,
  storage,
  until,
  writtenRuns,
} from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";

const target = { channel: "scripted", account: "default", to: "chat-a" };
/** Turns of the event loop in which whatever is due would happen. */
async function idle() {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it("serves no chat of an account whose platform asks it to slow down, and uses up no tries meanwhile", async () => {
  const channel = scriptedChannel();
  channel.onSend = ({ to }) => {
    if (to !== "chat-a" || channel.sent.length > 1) return undefined;
    return { kind: "retry", error: "429", afterMs: 30_000, everywhere: true };
  };
  const host = openHost(channel);
  await host.start(writtenRuns().runs);
  await put("first");
  host.wakeOutbox();
  await until(() => storage.ledger.deliveries({ key: "first" })[0]?.lastError === "429");
  await put("other", "chat-b");
  host.wakeOutbox();
  clock.advance(29_900);
  await idle();
  expect(channel.sent).toHaveLength(1);
  await until(() => state("first") === "sent" && state("other") === "sent", 50);
  expect(storage.ledger.deliveries({ key: "other" })).toMatchObject([{ attempts: 1 }]);
});

it("goes on elsewhere when only one chat is to be left alone", async () => {
  const channel = scriptedChannel();
  channel.onSend = ({ to }) =>
    to === "chat-a" ? { kind: "retry", error: "429", afterMs: 30_000 } : undefined;
  const host = openHost(channel);
  await host.start(writtenRuns().runs);
  await put("first");
  await put("other", "chat-b");
  host.wakeOutbox();
  await until(() => state("other") === "sent");
  expect(state("first")).toBe("pending");
});

it("pauses between the messages of an answer, and nowhere else", async () => {
  const channel = scriptedChannel();
  const host = openHost(channel, { pause: { minMs: 900, maxMs: 1000 } });
  await host.start(writtenRuns().runs);
  for (const key of ["one", "two"])
    await storage.ledger.enqueueDelivery({ key, runId: "run", target, text: key });
  await put("elsewhere", "chat-b");
  host.wakeOutbox();
  await until(() => state("one") === "sent" && state("elsewhere") === "sent");
  clock.advance(850);
  await idle();
  expect(state("two")).toBe("pending");
  clock.advance(200);
  await until(() => state("two") === "sent");
});
