import { expect, it } from "vitest";
import { clock, message, openHost, storage, until, writtenRuns } from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";
import type { MessageAction } from "../agent/tools/message/contract.ts";
import { configSchema } from "../config/index.ts";
import { createMessageDesk } from "../routing/index.ts";
import { createMessageService } from "./message-service.ts";

it("sends through the outbox, knows the chat a run was asked in, and says what a platform cannot do", async () => {
  const channel = scriptedChannel();
  const channels = openHost(channel);
  await channels.start(writtenRuns().runs);
  const service = createMessageService({
    desk: () => createMessageDesk({ channels, clock }),
    ledger: () => storage.ledger,
    config: () => configSchema.parse({}),
  });
  await channel.starts[0]?.receive(message("1"));
  const lease = await storage.ledger.claim(clock.now());
  const here = service.here(lease?.runId ?? "");
  expect(here).toEqual({ channel: "scripted", account: "default", to: "chat-a" });
  expect(service.here("another")).toBeNull();
  expect(service.policy()).toEqual({ crossContext: false, channels: null });
  if (!here) return;
  const place = await service.aim(here);
  const { signal } = new AbortController();
  const sent = service.perform({ kind: "send", text: "hi", mediaUrls: [] }, { place, key: "k", signal });
  await until(() => channel.shown.size === 1);
  expect(await sent).toContain("sent to scripted chat-a");
  expect(storage.ledger.deliveries({ key: "k" })).toMatchObject([{ state: "sent", text: "hi" }]);
  const poll: MessageAction = { kind: "poll", question: "?", options: ["a", "b"], maxSelections: 1 };
  await expect(service.perform(poll, { place, key: "p", signal })).rejects.toThrow('has no "polls"');
  expect(storage.ledger.deliveries({ key: "p" })).toEqual([]);
});
