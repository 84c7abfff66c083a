import { expect } from "vitest";
import type { CaseRuns } from "./conformance.ts";
import { words, type Rig } from "./rig.ts";

const answers = (rig: Rig) => rig.shown().map((each) => words(each.plain));
const answered = (rig: Rig, count: number) =>
  rig.time.until(`${count} answers`, () => rig.shown().length >= count, 3_600_000);

/** Long enough for everything that tries again by itself to have done so. */
const longAfter = 30 * 60_000;

/** After a send of which the adapter could not know the end. */
async function settledAsDeclared(rig: Rig, text: string): Promise<void> {
  const { desk, time, manifest } = rig;
  if (!desk) throw new Error("the case needs a ledger");
  await time.until("the send to be settled", () => desk.settled(), 3_600_000);
  await time.pass(longAfter);
  const [row] = desk.deliveries();
  const shown = answers(rig).filter((each) => each === text).length;
  if (manifest.capabilities.ambiguousSend === "unknown") {
    expect(["unknown", "sent"]).toContain(row?.state);
    if (row?.state === "sent") expect(shown).toBe(1);
    expect(shown).toBeLessThanOrEqual(1);
  } else {
    expect(row?.state).toBe("sent");
    expect(shown).toBe(1);
  }
}

export const deliveryCases: CaseRuns = {
  async "order-in"(rig) {
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    for (const text of texts) await rig.double.say({ by: "alice", place: "direct", text });
    await rig.message("message 19");
    expect(rig.events.map((each) => (each.kind === "message" ? each.text : each.kind))).toEqual(texts);
  },
  async "order-out"(rig) {
    const texts = Array.from({ length: 10 }, (_, index) => `part ${index}`);
    for (const [index, text] of texts.entries())
      await rig.desk?.post({ key: `order:${index}`, to: rig.world.direct, text });
    await answered(rig, texts.length);
    expect(answers(rig)).toEqual(texts);
  },
  async "duplicate-in"(rig) {
    rig.fault("duplicate")(1);
    const id = await rig.double.say({ by: "alice", place: "direct", text: "twice" });
    await rig.double.say({ by: "alice", place: "direct", text: "last" });
    await answered(rig, 2);
    await rig.time.pass(longAfter);
    expect(answers(rig)).toEqual(["re: twice", "re: last"]);
    for (const event of rig.events)
      if (event.kind === "message" && event.text === "twice") expect(event.messageId).toBe(id);
  },
  async "crash-before-commit"(rig) {
    let reached = false;
    rig.intercept = () => {
      reached = true;
      return new Promise(() => {});
    };
    await rig.double.say({ by: "alice", place: "direct", text: "hold this" });
    await rig.time.until("the message to reach the gateway", () => reached);
    await rig.crash();
    await rig.up();
    await answered(rig, 1);
    await rig.time.pass(longAfter);
    expect(answers(rig)).toEqual(["re: hold this"]);
  },
  async "crash-after-commit"(rig) {
    let committed = false;
    rig.intercept = async (_event, pass) => {
      await pass();
      committed = true;
      return new Promise(() => {});
    };
    await rig.double.say({ by: "alice", place: "direct", text: "only once" });
    await rig.time.until("the commit", () => committed);
    await rig.crash();
    await rig.up();
    await answered(rig, 1);
    await rig.time.pass(longAfter);
    expect(answers(rig)).toEqual(["re: only once"]);
  },
  async "store-fails"(rig) {
    let refused = 0;
    rig.intercept = () => {
      refused++;
      return Promise.reject(new Error("the disk is full"));
    };
    await rig.double.say({ by: "alice", place: "direct", text: "keep this" });
    await rig.time.until("the refusal", () => refused > 0);
    rig.intercept = null;
    await answered(rig, 1);
    await rig.time.pass(longAfter);
    expect(answers(rig)).toEqual(["re: keep this"]);
  },
  async away(rig) {
    await rig.double.say({ by: "alice", place: "direct", text: "before" });
    await answered(rig, 1);
    await rig.down();
    await rig.double.say({ by: "alice", place: "direct", text: "meanwhile" });
    await rig.double.say({ by: "alice", place: "direct", text: "and this" });
    await rig.time.pass(5 * 60_000);
    await rig.up();
    await answered(rig, 3);
    await rig.time.pass(longAfter);
    expect(answers(rig)).toEqual(["re: before", "re: meanwhile", "re: and this"]);
  },
  async "lost-answer"(rig) {
    rig.fault("loseAnswer")(1);
    await rig.double.say({ by: "alice", place: "direct", text: "shown, not told" });
    await answered(rig, 1);
    await settledAsDeclared(rig, "re: shown, not told");
    expect(answers(rig)).toEqual(["re: shown, not told"]);
  },
  async "lost-request"(rig) {
    rig.fault("loseRequest")(1);
    await rig.double.say({ by: "alice", place: "direct", text: "did it arrive" });
    await rig.time.until("a try to send", () => (rig.desk?.deliveries().length ?? 0) > 0);
    await settledAsDeclared(rig, "re: did it arrive");
  },
  async "crash-in-send"(rig) {
    rig.fault("slow")(20_000);
    await rig.desk?.post({ key: "slow:0", to: rig.world.direct, text: "in mid-air" });
    await rig.time.until("the send to begin", () => rig.desk?.deliveries()[0]?.state === "sending");
    await rig.time.pass(100);
    await rig.crash();
    rig.fault("slow")(0);
    await rig.up();
    await settledAsDeclared(rig, "in mid-air");
  },
};
