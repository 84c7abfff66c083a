import fc from "fast-check";
import { expect, it } from "vitest";
import type { Condition, Look } from "./contract.ts";
import { isBad, judge, nothingTold, type Memory } from "./judge.ts";

const conditions: Condition[] = ["ok", "stopped", "dead", "hung", "looping"];
const look = (condition: Condition): Look => ({ condition, detail: "why", pid: 7, port: 18789 });
const place = { host: "box", profile: "default", now: 600_000, since: 590_000 };

it("tells each condition once and once that it is over, whatever comes in between", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...conditions), fc.boolean())), (looks) => {
      let memory: Memory = nothingTold;
      const told: string[] = [];
      for (const [condition, reaches] of looks) {
        const { notice, next } = judge(memory, look(condition), place);
        // What could not be told is tried again; what was told stays told.
        expect(notice !== null).toBe((isBad(condition) ? condition : null) !== memory.told);
        if (notice === null) continue;
        expect(notice.text).toContain("box");
        if (!reaches) continue;
        told.push(notice.event);
        memory = next;
        expect(memory.told).toBe(isBad(condition) ? condition : null);
      }
      for (const [index, event] of told.entries()) expect(event).not.toBe(told[index + 1]);
      expect(told[0]).not.toBe("gateway.recovered");
    }),
  );
});

it("says how long it lasted and whether somebody stopped it", () => {
  const memory: Memory = { told: "hung", since: 0 };
  expect(judge(memory, look("ok"), place).notice).toMatchObject({
    event: "gateway.recovered",
    since: 0,
    text: "OpenClaw gateway on box works again: why. It was hung for about 10 min.",
  });
  expect(judge(memory, look("stopped"), { ...place, profile: "work" }).notice?.text).toBe(
    "OpenClaw gateway on box (profile work) was stopped: why. It was hung for about 10 min.",
  );
});
