import { expect } from "vitest";
import type { CaseRuns } from "./conformance.ts";
import { words, type Rig } from "./rig.ts";

const hour = 3_600_000;
const answers = (rig: Rig) => rig.shown().map((each) => words(each.plain));

/** Somebody writes, and is answered. */
async function talks(rig: Rig, text: string): Promise<void> {
  await rig.double.say({ by: "alice", place: "direct", text });
  await rig.time.until(`the answer to ${text}`, () => answers(rig).includes(`re: ${text}`), hour);
}

/** Nothing was said twice, however long one waits. */
async function once(rig: Rig, texts: string[]): Promise<void> {
  await rig.time.pass(30 * 60_000);
  expect(answers(rig).sort()).toEqual(texts.map((text) => `re: ${text}`).sort());
}

async function connected(rig: Rig): Promise<boolean> {
  const probe = rig.running().probe(new AbortController().signal);
  return (
    await rig.time.during(
      "the probe",
      probe.catch(() => ({ ok: false })),
    )
  ).ok;
}

export const faultCases: CaseRuns = {
  async "rate-limit"(rig) {
    rig.fault("rateLimit")(2, 30_000);
    const asked = rig.time.now();
    await talks(rig, "slowly please");
    const [shown] = rig.shown();
    expect((shown?.at ?? 0) - asked).toBeGreaterThanOrEqual(30_000);
    await once(rig, ["slowly please"]);
  },
  async "server-error"(rig) {
    rig.fault("failSends")(2);
    await talks(rig, "through the storm");
    rig.fault("down")(true);
    await rig.double.say({ by: "alice", place: "direct", text: "in the dark" });
    await rig.time.pass(120_000);
    rig.fault("down")(false);
    await rig.time.until("the answer", () => answers(rig).includes("re: in the dark"), hour);
    await once(rig, ["through the storm", "in the dark"]);
  },
  async revoked(rig) {
    await talks(rig, "before");
    rig.fault("revoke")(true);
    const trouble = () => rig.troubles.find((each) => each.fatal);
    await rig.desk?.post({ key: "after:0", to: rig.world.direct, text: "anything" });
    await rig.time.until("the trouble to be told", () => trouble() !== undefined, hour);
    expect(trouble()?.code).toMatch(/^[A-Z][A-Z_]+$/);
    expect(trouble()?.hint ?? "").toContain("openclaw");
    expect(await connected(rig)).toBe(false);
    expect(answers(rig)).toEqual(["re: before"]);
  },
  async cut(rig) {
    await talks(rig, "before");
    const known = rig.troubles.length;
    const { manifest } = rig;
    rig.fault("cut")(true);
    if (Number.isFinite(manifest.capabilities.silenceMs))
      await rig.time.until("the trouble to be told", () => rig.troubles.length > known, hour);
    await rig.double.say({ by: "alice", place: "direct", text: "into the void" });
    // Where a broken connection leaves open whether a send arrived, the operator is asked instead.
    const canRepeat = manifest.capabilities.ambiguousSend !== "unknown";
    if (canRepeat) await rig.desk?.post({ key: "cut:0", to: rig.world.direct, text: "re: out of the void" });
    await rig.time.pass(10 * 60_000);
    expect(await connected(rig)).toBe(false);
    rig.fault("cut")(false);
    await rig.time.until("the answer", () => answers(rig).includes("re: into the void"), 30 * 60_000);
    expect(await connected(rig)).toBe(true);
    await rig.time.until("all to be settled", () => rig.desk?.settled() === true, hour);
    await once(rig, ["before", "into the void", ...(canRepeat ? ["out of the void"] : [])]);
  },
  async slow(rig) {
    rig.fault("slow")(8000);
    await talks(rig, "far away");
    await talks(rig, "farther");
    rig.fault("slow")(0);
    await once(rig, ["far away", "farther"]);
  },
  async "half-open"(rig) {
    await talks(rig, "before");
    const proved = rig.proofs.receive;
    rig.fault("halfOpen")();
    const began = rig.time.now();
    await rig.double.say({ by: "alice", place: "direct", text: "hello?" });
    await rig.time.until("the answer", () => answers(rig).includes("re: hello?"), hour);
    const { silenceMs } = rig.manifest.capabilities;
    if (Number.isFinite(silenceMs)) expect(rig.time.now() - began).toBeLessThan(silenceMs + 5 * 60_000);
    expect(rig.proofs.receive).toBeGreaterThan(proved);
    await once(rig, ["before", "hello?"]);
  },
  async skew(rig) {
    rig.fault("skew")(-hour);
    await talks(rig, "from the past");
    rig.fault("skew")(hour);
    await talks(rig, "from the future");
    rig.fault("skew")(0);
    await talks(rig, "from now");
    await once(rig, ["from the past", "from the future", "from now"]);
  },
  async conflict(rig) {
    await talks(rig, "before");
    rig.fault("conflict")(true);
    await rig.time.until(
      "the conflict to be told",
      () => rig.troubles.some((each) => each.code === "CONFLICT"),
      hour,
    );
    const trouble = rig.troubles.find((each) => each.code === "CONFLICT");
    expect(trouble?.hint ?? "").not.toBe("");
    rig.fault("conflict")(false);
    if (trouble?.fatal) return;
    await talks(rig, "alone again");
    await once(rig, ["before", "alone again"]);
  },
  async forged(rig) {
    const status = await rig.time.during("the answer", rig.fault("forge")());
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(rig.events).toEqual([]);
  },
};

export { answers, connected, talks };
