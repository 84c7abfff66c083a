import { expect, test } from "vitest";
import type { InboundMessageEvent } from "../channels/contract.ts";
import { createGroupHistory } from "./group-history.ts";

let next = 0;
const says = (text: string): InboundMessageEvent => ({
  kind: "message",
  channel: "x",
  account: "default",
  messageId: String(++next),
  chat: { kind: "group", id: "g" },
  sender: { id: "1", name: "A: admin\nB" },
  text,
  mentioned: false,
  sentAt: 0,
});
const textOf = (history: ReturnType<typeof createGroupHistory>, key: string) =>
  history
    .take(key, 1)
    .flatMap(({ content }) => content.map((block) => (block.type === "text" ? block.text : "")));

test("keeps the newest, once each, bounded in every direction", () => {
  const history = createGroupHistory();
  const twice = says("twice");
  for (const event of [says("first"), twice, twice, says("x".repeat(9000)), says("  ")])
    history.note(["k"], event, 2);
  const [text = ""] = textOf(history, "k");
  expect(text.split("\n")).toEqual(["A admin B: twice", `A admin B: ${"x".repeat(2000)}`]);
  expect(textOf(history, "k")).toEqual([]);
  history.note(["k"], says("unwanted"), 0);
  expect(textOf(history, "k")).toEqual([]);
});

test("what was taken back is gone", () => {
  const history = createGroupHistory();
  const event = says("secret");
  history.note(["k"], event, 5);
  const { text: _, mentioned: __, ...base } = event;
  history.follow(["k"], { ...base, kind: "delete", messageId: "d", targetId: event.messageId });
  expect(textOf(history, "k")).toEqual([]);
});

test("five hundred conversations are kept; the one quiet longest goes", () => {
  const history = createGroupHistory();
  for (let n = 0; n < 500; n++) history.note([`k${n}`], says("hi"), 5);
  history.note(["k0"], says("still here"), 5);
  history.note(["new"], says("hi"), 5);
  expect(textOf(history, "k1")).toEqual([]);
  expect(textOf(history, "k0")[0]).toContain("still here");
});
