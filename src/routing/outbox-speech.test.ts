import { expect, it } from "vitest";
import { openHost, put, state, storage, until, writtenRuns } from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";

it("a voice nobody can make is given up, and holds up nothing that comes after it", async () => {
  const channel = scriptedChannel();
  const host = openHost(channel);
  await host.start(writtenRuns().runs);
  await put("speech", "chat-a", { content: { kind: "message", speech: "hello" } });
  await put("words");
  host.wakeOutbox();
  await until(() => state("words") === "sent", 1000);
  expect(storage.ledger.deliveries({ key: "speech" })).toMatchObject([
    { state: "dead", lastError: "nobody speaks here", attempts: 3 },
  ]);
  expect(channel.sent.map((sent) => sent.key)).toEqual(["words"]);
});
