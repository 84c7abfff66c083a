import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createToolBench } from "../../../../test/support/tool-bench.ts";
import type { MessageAction, MessagePlace } from "./contract.ts";

const here: MessagePlace = { channel: "telegram", account: "work", to: "7", threadId: "t" };
let bench: Awaited<ReturnType<typeof createToolBench>>;
let done: Array<{ action: MessageAction; place: MessagePlace; key: string }>;
let asked: MessagePlace | null;
let policy: { crossContext: boolean; channels: string[] | null };
beforeEach(async () => {
  done = [];
  asked = here;
  policy = { crossContext: false, channels: null };
  bench = await createToolBench({
    message: {
      here: () => asked,
      policy: () => policy,
      aim: ({ channel = "telegram", account = "default", to, threadId }) =>
        Promise.resolve({
          channel,
          account,
          to: to === "Anna" ? "9" : to,
          ...(threadId ? { threadId } : {}),
        }),
      perform: (action, { place, key }) => (done.push({ action, place, key }), Promise.resolve("done")),
    },
  });
});
afterEach(() => bench.stop());
const call = (input: object, context = {}) => bench.call("message", input, context);

describe("the message tool", () => {
  it("writes to the chat it was asked in, with a key that makes repetition harmless", async () => {
    await call({ text: "hi" }, { callId: "same" });
    await call({ text: "hi" }, { callId: "same" });
    expect(done[0]).toEqual({
      action: { kind: "send", text: "hi", mediaUrls: [] },
      place: here,
      key: "message:run-1:same",
    });
    expect(done[1]?.key).toBe(done[0]?.key);
  });

  it("uses no other chat unless allowed; runs that no chat asked for may", async () => {
    for (const input of [
      { to: "Anna", text: "secret" },
      { channel: "slack", to: "7", text: "secret" },
      { account: "other", to: "7", text: "secret" },
      { action: "read", to: "9" },
    ])
      expect(await call(input)).toMatchObject({
        isError: true,
        text: expect.stringContaining("tools.message.crossContext"),
      });
    expect(done).toEqual([]);
    asked = null;
    await call({ channel: "slack", to: "Anna", text: "hi" });
    asked = here;
    policy.crossContext = true;
    await call({ to: "Anna", text: "hi" });
    expect(done.map(({ place }) => place)).toEqual([
      { channel: "slack", account: "default", to: "9" },
      { channel: "telegram", account: "work", to: "9" },
    ]);
  });

  it("uses the channels it may", async () => {
    policy = { crossContext: true, channels: ["telegram"] };
    expect(await call({ channel: "slack", to: "7", text: "hi" })).toMatchObject({ isError: true });
    expect(await call({ channel: "telegram", to: "7", text: "hi" })).toMatchObject({ isError: false });
    expect(done).toHaveLength(1);
  });

  it.each([
    [
      { action: "poll", question: "Lunch?", options: ["a", "b"], maxSelections: 5 },
      { kind: "poll", maxSelections: 2 },
    ],
    [
      { action: "react", messageId: "1", emoji: "👍" },
      { kind: "react", messageId: "1", emoji: "👍" },
    ],
    [
      { action: "edit", messageId: "1", text: "x" },
      { kind: "edit", messageId: "1", text: "x" },
    ],
    [
      { action: "delete", messageId: "1" },
      { kind: "delete", messageId: "1" },
    ],
    [{ action: "read" }, { kind: "read", limit: 20 }],
    [
      { action: "thread", name: "n" },
      { kind: "thread", name: "n" },
    ],
    [
      { text: "x", replyTo: "4" },
      { kind: "send", replyTo: "4" },
    ],
  ])("does %j", async (input, action) => {
    expect(await call(input)).toMatchObject({ isError: false });
    expect(done[0]?.action).toMatchObject(action);
  });

  it.each([
    [{}, "send needs text"],
    [{ action: "poll", question: "?" }, "poll needs options"],
    [{ action: "react", messageId: "1" }, "react needs emoji"],
    [{ action: "edit", text: "x" }, "edit needs messageId"],
    [{ channel: "slack", text: "x" }, "to is missing"],
  ])("names what %j lacks", async (input, expected) => {
    expect(await call(input)).toMatchObject({ isError: true, text: expect.stringContaining(expected) });
    expect(done).toEqual([]);
  });

  it("sends files of the workspace and web addresses, and nothing else", async () => {
    mkdirSync(join(bench.workspaceDir, "out"));
    writeFileSync(join(bench.workspaceDir, "out", "a b.txt"), "words");
    writeFileSync(join(bench.base, "secret.txt"), "secret");
    await call({ media: ["out/a b.txt", "https://files.example/x.png"] });
    const words = Buffer.from("words").toString("base64");
    expect(done[0]?.action).toMatchObject({
      mediaUrls: [`data:text/plain;name=a%20b.txt;base64,${words}`, "https://files.example/x.png"],
    });
    for (const media of ["../secret.txt", join(bench.base, "secret.txt"), "file:///etc/passwd", "data:,x"])
      expect(await call({ media: [media] })).toMatchObject({ isError: true });
    expect(done).toHaveLength(1);
  });
});
