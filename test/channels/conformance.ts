import { afterAll, describe, expect, it } from "vitest";
import { conformanceCases, type CaseId, type ConformanceCase } from "./cases.ts";
import { deliveryCases } from "./cases-delivery.ts";
import { faultCases } from "./cases-faults.ts";
import { inCases } from "./cases-in.ts";
import { lifeCases } from "./cases-life.ts";
import { outCases } from "./cases-out.ts";
import { peopleCases } from "./cases-people.ts";
import { liveThroughADay } from "./day.ts";
import type { ChannelDouble } from "./driver.ts";
import { checkColumn } from "./matrix.ts";
import { openRig, type Rig } from "./rig.ts";

/** What is done for a case; the account is up when it begins, and everything is closed after it. */
export type CaseRuns = Partial<Record<CaseId, (rig: Rig) => Promise<void>>>;

const runs: CaseRuns = {
  ...inCases,
  ...peopleCases,
  ...outCases,
  ...deliveryCases,
  ...faultCases,
  ...lifeCases,
};
/** Groups and cases that need a gateway around the adapter. */
const withLedger = new Set<string>(["delivery", "faults", "evidence", "stop", "day"]);
const daySeed = 7;
const dayTimeoutMs = 120_000;

/**
 * Why a case is not run for this channel, or null. What the manifest claims must be shown: only a case about no
 * capability can be left out by the driver, with its reason.
 */
export function gapOf(double: ChannelDouble, { id, needs }: ConformanceCase): string | null {
  const { can, gaps } = double.manifest.capabilities;
  if (needs !== undefined && !can.includes(needs)) return gaps[needs] ?? "";
  const gap = double.gaps?.[id];
  if (gap !== undefined) return gap;
  return double.realTime && id === "day" ? "it keeps its own time, in a process of its own" : null;
}

/** Plays one case from an empty platform to its end; rejects with what is wrong. */
export async function playCase(double: ChannelDouble, { id, group }: ConformanceCase): Promise<void> {
  const run = id === "day" ? (rig: Rig) => liveThroughADay(rig, double, daySeed) : runs[id];
  if (!run) throw new Error(`nobody wrote the case "${id}"`);
  const ledger = withLedger.has(group) || withLedger.has(id);
  const rig = await openRig(double, { ledger });
  try {
    await rig.up();
    await run(rig);
  } finally {
    await rig.close();
  }
}

/**
 * Runs the conformance suite (issue 4, 1) on a channel's adapter against its platform's double, and compares the
 * outcome with its column in docs/channels/conformance.md. A third party's channel is tested by the same function.
 */
export function describeChannel(double: ChannelDouble, options: { matrix?: boolean } = {}): void {
  const { manifest } = double;
  describe(`${manifest.label} conforms`, () => {
    const column: Partial<Record<CaseId, string>> = {};
    for (const each of conformanceCases) {
      const gap = gapOf(double, each);
      if (gap !== null) {
        column[each.id] = gap;
        continue;
      }
      // What waits in real time can wait together; simulated time is this process's own.
      const run = double.realTime ? it.concurrent : it;
      run(
        `${each.id}: ${each.title}`,
        async () => {
          await playCase(double, each);
          column[each.id] = "pass";
        },
        each.id === "day" ? dayTimeoutMs : 30_000,
      );
    }

    it("says why for everything it cannot do", () => {
      const unexplained = conformanceCases
        .filter((each) => gapOf(double, each) === "")
        .map((each) => each.id);
      expect(unexplained).toEqual([]);
      const { can, gaps } = manifest.capabilities;
      expect(
        can.filter((capability) => gaps[capability] !== undefined),
        "claimed and denied",
      ).toEqual([]);
      const claimed = conformanceCases.filter(
        ({ id, needs }) => needs !== undefined && can.includes(needs) && double.gaps?.[id] !== undefined,
      );
      // A capability with several cases may lack one of them, but never all.
      for (const { needs } of claimed) {
        const cases = conformanceCases.filter((each) => each.needs === needs);
        expect(
          cases.some(({ id }) => double.gaps?.[id] === undefined),
          `${needs} is claimed and never shown`,
        ).toBe(true);
      }
    });

    // Only a whole run has a whole column: with `-t` or after a failure there is nothing to compare.
    afterAll(() => {
      if (options.matrix !== false && conformanceCases.every(({ id }) => column[id] !== undefined))
        checkColumn(manifest, column);
    });
  });
}
