import { expect } from "vitest";
import type { InboundEvent, InboundMessageEvent } from "../../src/channels/contract.ts";
import type { SaidAttachment } from "./driver.ts";
import type { CaseRuns } from "./conformance.ts";
import { files } from "./files.ts";
import type { Rig } from "./rig.ts";

const kind =
  <K extends InboundEvent["kind"]>(wanted: K) =>
  (event: InboundEvent): event is InboundEvent & { kind: K } =>
    event.kind === wanted;
const signal = new AbortController().signal;

export const everyScript =
  'Grüße, Ελληνικά, עברית, العربية, हिन्दी, 日本語, 한국어, ไทย, e\u0301, 👩‍👩‍👧‍👦 🇩🇪 👍🏽, a_b*c <d> & "e"';

async function attachment(rig: Rig, file: SaidAttachment) {
  const text = `with a ${file.kind}`;
  await rig.double.say({ by: "alice", place: "direct", text, attachments: [file] });
  const event = await rig.event(
    `the ${file.kind}`,
    (each): each is InboundMessageEvent => each.kind === "message" && (each.attachments?.length ?? 0) > 0,
  );
  const [got] = event.attachments ?? [];
  if (!got) throw new Error("no attachment");
  return { event, got };
}

async function arrives(rig: Rig, file: SaidAttachment, kinds: string[] = [file.kind]) {
  const { got } = await attachment(rig, file);
  expect(kinds).toContain(got.kind);
  const content = await rig.time.during("the file", got.open({ maxBytes: 1_000_000, signal }));
  expect(Buffer.from(content).equals(file.content)).toBe(true);
  return got;
}

export const inCases: CaseRuns = {
  async "text-in"(rig) {
    const before = rig.time.now();
    const id = await rig.double.say({ by: "alice", place: "direct", text: everyScript });
    const event = await rig.message(everyScript);
    const { alice, direct } = rig.world;
    expect(event).toMatchObject({
      channel: rig.manifest.id,
      account: "default",
      messageId: id,
      chat: { kind: "direct", id: direct },
      sender: { id: alice.id },
    });
    expect(event.sender.bot ?? false).toBe(false);
    expect(event.sender.self ?? false).toBe(false);
    // Some platforms tell whole seconds.
    expect(Math.abs(event.sentAt - before)).toBeLessThan(60_000);
  },
  async "hostile-in"(rig) {
    const long = `${"<b>&lt; ".repeat(400)}\u0007\u202e end`;
    await rig.double.say({ by: "alice", place: "direct", text: long });
    await rig.double.say({ by: "alice", place: "direct", text: "__proto__ ${x} %s \\u0000" });
    await rig.message("__proto__ ${x} %s \\u0000");
    const [first] = rig.events.filter(kind("message"));
    expect(first?.text.startsWith("<b>&lt; ")).toBe(true);
    expect(first?.text.endsWith("end")).toBe(true);
  },
  async "reply-in"(rig) {
    const ours = await rig.sent({ text: "a question of ours" });
    await rig.double.say({ by: "alice", place: "direct", text: "an answer", quoting: ours });
    const event = await rig.message("an answer");
    expect(event.replyTo).toMatchObject({ messageId: ours, ours: true });
    const theirs = await rig.double.say({ by: "alice", place: "direct", text: "first" });
    await rig.double.say({ by: "alice", place: "direct", text: "second", quoting: theirs });
    const second = await rig.message("second");
    expect(second.replyTo?.messageId).toBe(theirs);
    expect(second.replyTo?.ours ?? false).toBe(false);
  },
  async "edit-in"(rig) {
    const id = await rig.double.say({ by: "alice", place: "direct", text: "befor" });
    await rig.message("befor");
    await need(rig, "edit")(id, "before");
    const event: InboundEvent = await rig.event("the edit", kind("edit"));
    expect(event).toMatchObject({ targetId: id, text: "before", sender: { id: rig.world.alice.id } });
    expect(event.messageId).not.toBe(id);
    expect(rig.events.filter(kind("message"))).toHaveLength(1);
  },
  async "delete-in"(rig) {
    const id = await rig.double.say({ by: "alice", place: "direct", text: "oh no" });
    await rig.message("oh no");
    await need(rig, "remove")(id);
    expect(await rig.event("the deletion", kind("delete"))).toMatchObject({ targetId: id });
  },
  async "reaction-in"(rig) {
    const id = await rig.sent({ text: "like this?" });
    await need(rig, "react")({ by: "alice", messageId: id, emoji: "👍" });
    await rig.event("the reaction", kind("reaction"));
    await need(rig, "react")({ by: "alice", messageId: id, emoji: "👍", removed: true });
    await rig.time.until("the reaction taken back", () => rig.events.filter(kind("reaction")).length > 1);
    const [put, back] = rig.events.filter(kind("reaction"));
    const common = { targetId: id, emoji: "👍", sender: { id: rig.world.alice.id } };
    expect(put).toMatchObject({ ...common, removed: false });
    expect(back).toMatchObject({ ...common, removed: true });
    expect(put?.messageId).not.toBe(back?.messageId);
  },
  async "image-in"(rig) {
    await arrives(rig, files.image);
  },
  async "audio-in"(rig) {
    await arrives(rig, files.audio, ["audio", "document"]);
  },
  async "document-in"(rig) {
    const got = await arrives(rig, files.document);
    expect(got.fileName).toBe(files.document.fileName);
  },
  async "voice-in"(rig) {
    await arrives(rig, files.voice);
  },
  async "media-in-cap"(rig) {
    const { got } = await attachment(rig, {
      ...files.document,
      content: Buffer.alloc(200_000, 7),
      statedBytes: "none",
    });
    const opened = got.open({ maxBytes: 100_000, signal });
    await expect(rig.time.during("the refusal", opened)).rejects.toMatchObject({ code: "MEDIA_TOO_LARGE" });
    const exact = await rig.time.during("the file", got.open({ maxBytes: 200_000, signal }));
    expect(exact).toHaveLength(200_000);
  },
  async "media-in-lazy"(rig) {
    const { got } = await attachment(rig, files.image);
    // With the network gone nothing can be fetched any more: what was fetched before its time would still be there.
    rig.fault("cut")(true);
    await expect(
      rig.time.during("a failure", got.open({ maxBytes: 1_000_000, signal }), 3_600_000),
    ).rejects.toThrow();
    rig.fault("cut")(false);
  },
  async "location-in"(rig) {
    const location = { latitude: 52.520008, longitude: 13.404954 };
    await rig.double.say({ by: "alice", place: "direct", location });
    const event = await rig.event("the location", kind("message"));
    expect(event.location?.latitude).toBeCloseTo(location.latitude, 4);
    expect(event.location?.longitude).toBeCloseTo(location.longitude, 4);
  },
  async "contact-in"(rig) {
    const contact = { name: "Ada Lovelace", phones: ["+491701234567"] };
    await rig.double.say({ by: "alice", place: "direct", contact });
    expect((await rig.event("the card", kind("message"))).contacts).toEqual([contact]);
  },
  async "command-in"(rig) {
    await rig.double.say({ by: "alice", place: "direct", text: "/status", command: true });
    expect(await rig.message("/status")).toMatchObject({ command: true, sender: { id: rig.world.alice.id } });
  },
  async "button-in"(rig) {
    const value = "approve:0123456789abcdef:allow-once";
    const id = await rig.sent({ text: "May I?", buttons: [[{ label: "Yes", value }]] });
    await need(rig, "press")({ by: "alice", messageId: id, value });
    const event = await rig.event("the press", kind("action"));
    expect(event).toMatchObject({ targetId: id, value, sender: { id: rig.world.alice.id } });
    await rig.time.pass(60_000);
    expect(rig.events.filter(kind("action"))).toHaveLength(1);
  },
  async "vote-in"(rig) {
    const id = await rig.sent({
      kind: "poll",
      key: "poll",
      to: rig.world.group,
      question: "Tea?",
      options: ["Yes", "No"],
      maxSelections: 1,
    });
    await need(rig, "vote")({ by: "alice", messageId: id, options: ["No"] });
    expect(await rig.event("the vote", kind("vote"))).toMatchObject({ targetId: id, options: ["No"] });
  },
};

function need<K extends "edit" | "remove" | "react" | "press" | "vote">(
  rig: Rig,
  name: K,
): NonNullable<Rig["double"][K]> {
  const play = rig.double[name];
  if (!play) throw new Error(`the double cannot play "${name}", although the manifest claims it`);
  return play.bind(rig.double) as NonNullable<Rig["double"][K]>;
}
