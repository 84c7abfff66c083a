import { expect, it } from "vitest";
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
import type { InboundEvent } from "../channels/contract.ts";
import { textOf } from "../core/conversation.ts";
import { createOverheard, overheardEntries } from "./overheard.ts";
import { createReactionNotes } from "./reaction-notes.ts";

const session = "agent:main:scripted:dm:alice";

/** A message of ours that is sent, and what people do with it. */
async function told(mode: string | undefined) {
  const channel = scriptedChannel();
  const overheard = createOverheard({ db: storage.db, clock });
  const notes = createReactionNotes({ overheard, ledger: storage.ledger });
  const host = openHost(channel, { config: mode ? { reactionNotifications: mode } : {}, reactions: notes });
  const { runs, submissions } = writtenRuns();
  await host.start(runs);
  await put("answer");
  host.wakeOutbox();
  await until(() => state("answer") === "sent");
  const targetId = [...channel.shown.keys()][0] ?? "";
  const tell = (id: string, change: object) => {
    const { chat, sender, account } = message(id);
    const event = {
      channel: "scripted",
      account,
      chat,
      sender,
      sentAt: 1,
      messageId: id,
      targetId,
      ...change,
    };
    return channel.starts[0]?.receive(event as InboundEvent);
  };
  await tell("r1", {
    kind: "reaction",
    emoji: "👍",
    removed: false,
    sender: { id: "alice", name: "Al\nice" },
  });
  await tell("r2", { kind: "reaction", emoji: "❤️", removed: true, targetId: "somebody-else's" });
  await tell("v1", { kind: "vote", options: ["pizza"] });
  expect(submissions).toEqual([]);
  const heard = overheard.of(session);
  await overheard.forget(session, heard);
  const entries = overheardEntries(heard, clock.now());
  return { entries, targetId, lines: entries.flatMap(({ content }) => textOf(content).split("\n")) };
}

it("tells the next run, as foreign text, what people did with the assistant's messages", async () => {
  const { entries, lines, targetId } = await told("own");
  expect(lines).toEqual([
    `Al ice reacted 👍 to your message "answer" (${targetId})`,
    `alice voted pizza in your poll "answer" (message ${targetId})`,
  ]);
  expect(entries).toMatchObject([
    { kind: "injected", origin: { trust: "untrusted", door: "channel:scripted" } },
  ]);
});

it("tells of other messages too where wanted, and of nothing unless wanted", async () => {
  expect((await told("all")).lines).toContain("alice took back ❤️ from a message (somebody-else's)");
  expect((await told("off")).lines).toEqual([]);
  expect((await told(undefined)).lines).toEqual([]);
});
