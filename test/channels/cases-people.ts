import { expect } from "vitest";
import type { CaseRuns } from "./conformance.ts";
import { words } from "./rig.ts";

export const peopleCases: CaseRuns = {
  async direct(rig) {
    await rig.double.say({ by: "alice", place: "direct", text: "hello from alice" });
    await rig.double.say({ by: "bob", place: "direct", text: "hello from bob" });
    const alice = await rig.message("hello from alice");
    const bob = await rig.message("hello from bob");
    const { world } = rig;
    expect([alice.chat, bob.chat]).toMatchObject([
      { kind: "direct", id: world.direct },
      { kind: "direct", id: world.bobsDirect },
    ]);
    expect([alice.sender.id, bob.sender.id]).toEqual([world.alice.id, world.bob.id]);
    await rig.sent({ to: world.bobsDirect, text: "for bob alone" });
    expect(rig.shown().map((each) => each.chatId)).toEqual([world.bobsDirect]);
  },
  async group(rig) {
    await rig.double.say({ by: "bob", place: "group", text: "hello all", mention: true });
    const text = "hello all";
    const event = await rig.event(
      "the group's message",
      (each): each is typeof each & { kind: "message" } =>
        each.kind === "message" && each.text.includes(text),
    );
    expect(event).toMatchObject({
      chat: { kind: "group", id: rig.world.group },
      sender: { id: rig.world.bob.id },
    });
    await rig.sent({ to: rig.world.group, text: "hello yourself" });
    expect(rig.shown()).toMatchObject([{ chatId: rig.world.group }]);
  },
  async thread(rig) {
    const { thread, group } = rig.world;
    if (thread === undefined) throw new Error("the double has no thread, although the manifest claims them");
    await rig.double.say({ by: "alice", place: "thread", text: "inside", mention: true });
    const event = await rig.event(
      "the thread's message",
      (each): each is typeof each & { kind: "message" } =>
        each.kind === "message" && each.text.includes("inside"),
    );
    expect(event.chat).toMatchObject({ kind: "group", id: group, threadId: thread });
    await rig.sent({ to: group, threadId: thread, text: "inside too" });
    await rig.sent({ to: group, text: "outside" });
    const shown = rig.shown();
    expect(shown.map((each) => [words(each.plain), each.threadId])).toEqual([
      ["inside too", thread],
      ["outside", undefined],
    ]);
  },
  async mention(rig) {
    await rig.double.say({ by: "alice", place: "group", text: "you there", mention: true });
    await rig.double.say({ by: "alice", place: "group", text: `not ${rig.world.us.name} and no bot` });
    await rig.time.until("both messages", () => rig.events.length >= 2);
    const [real, word] = rig.events;
    expect(real).toMatchObject({ mentioned: true });
    expect(word).toMatchObject({ mentioned: false });
  },
  async bots(rig) {
    await rig.double.say({ by: "robot", place: "group", text: "beep", mention: true });
    await rig.double.say({ by: "alice", place: "direct", text: "a person" });
    await rig.message("a person");
    const beeps = rig.events.filter((each) => each.sender.id !== rig.world.alice.id);
    for (const beep of beeps) expect(beep.sender.bot).toBe(true);
  },
  async echo(rig) {
    await rig.sent({ text: "an answer of ours" });
    await rig.double.say({ by: "us", place: "direct", text: "typed by ourselves" });
    await rig.double.say({ by: "alice", place: "direct", text: "a person" });
    await rig.message("a person");
    const echoes = rig.events.filter((each) => each.sender.id !== rig.world.alice.id);
    for (const echo of echoes) expect(echo.sender.self).toBe(true);
    expect(rig.events.filter((each) => each.sender.id === rig.world.alice.id)).toHaveLength(1);
  },
};
