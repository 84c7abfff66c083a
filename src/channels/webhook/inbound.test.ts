import { describe, expect, it } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import { readInbound } from "./inbound.ts";
import { bodyOf } from "./outbound.ts";

const facts = { account: "default", now: 1000, fetch: createGuardedFetch({ clock: systemClock }) };
const signal = new AbortController().signal;
const sender = { id: "alice" };
const read = (body: unknown) => readInbound(Buffer.from(JSON.stringify(body)), facts);

describe("what programs post", () => {
  it("takes a message as its first users sent it", () => {
    expect(read({ id: "1", sender, text: "hi" })).toEqual({
      kind: "message",
      channel: "webhook",
      account: "default",
      messageId: "1",
      chat: { kind: "direct", id: "alice" },
      sender: { id: "alice", name: "alice" },
      sentAt: 1000,
      text: "hi",
      mentioned: false,
    });
  });
  it("takes files in the body, and refuses them above the cap", async () => {
    const base64 = Buffer.from("content").toString("base64");
    const event = read({ id: "1", sender, attachments: [{ kind: "image", fileName: "a.png", base64 }] });
    const file = typeof event === "object" && event.kind === "message" ? event.attachments?.[0] : undefined;
    expect(file).toMatchObject({ kind: "image", fileName: "a.png", bytes: 7 });
    expect(Buffer.from((await file?.open({ maxBytes: 7, signal })) ?? []).toString()).toBe("content");
    await expect(file?.open({ maxBytes: 6, signal })).rejects.toMatchObject({ code: "MEDIA_TOO_LARGE" });
  });
  it.each(["http://127.0.0.1:1/x", "https://169.254.169.254/latest", "https://[::1]/x"])(
    "fetches no file from %s",
    async (url) => {
      const event = read({ id: "1", sender, attachments: [{ url }] });
      const file = typeof event === "object" && event.kind === "message" ? event.attachments?.[0] : undefined;
      await expect(file?.open({ maxBytes: 100, signal })).rejects.toMatchObject({ code: "DIAL_REFUSED" });
    },
  );
  it.each([
    [{ id: "1", sender }, "text: nothing was said"],
    [{ sender, text: "x" }, /^id: /],
    [{ id: "1", sender, type: "dance" }, /^type: /],
    [{ id: "1", sender, type: "edit", text: "x" }, /^targetId: /],
    [{ id: "1", sender, attachments: [{ kind: "image" }] }, "attachments.0: needs either url or base64"],
    [{ id: "1", sender, attachments: [{ url: "file:///etc/passwd" }] }, /^attachments\.0\.url: /],
    [{ id: "1", sender, location: { latitude: 91, longitude: 0 } }, /^location\.latitude: /],
    [["no object"], /^body: /],
  ])("says what is wrong with %j", (body, problem) => {
    const said = read(body);
    if (typeof problem === "string") expect(said).toBe(problem);
    else expect(said).toMatch(problem);
  });
});

describe("what is posted to receivers", () => {
  const place = { key: "k", to: "alice" };
  it("is as ever for plain text", async () => {
    expect(await bodyOf({ kind: "message", ...place, text: "hi" }, "default")).toEqual({
      ...place,
      text: "hi",
      account: "default",
    });
  });
  it("says a poll in words as well, for receivers that know no polls", async () => {
    const poll = { question: "Tea?", options: ["Yes", "No"], maxSelections: 1 };
    expect(await bodyOf({ kind: "poll", ...place, ...poll }, "default")).toMatchObject({
      type: "poll",
      text: "Tea?\n1. Yes\n2. No",
      poll,
    });
  });
});
