import fc from "fast-check";
import { expect, it } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { conditionKinds, type ConditionCode, type ConditionKind } from "./health-conditions.ts";
import { createHealthRegistry, type Finding } from "./health.ts";
import { watchLoopDelay } from "./loop-delay.ts";

const kinds: Record<string, ConditionKind> = conditionKinds;
const finding = (code: ConditionCode, subject?: string): Finding => ({
  code,
  text: `${code} it is`,
  hint: "openclaw status",
  ...(subject === undefined ? {} : { subject }),
});

function bench() {
  const clock = manualClock();
  const state: { findings: Finding[]; broken: boolean } = { findings: [], broken: false };
  const errors: unknown[] = [];
  const registry = createHealthRegistry({
    clock,
    sources: [
      () => {
        if (state.broken) throw new Error("no look");
        return state.findings;
      },
    ],
    onSourceError: (error) => errors.push(error),
  });
  const see = (...findings: Finding[]) => {
    state.findings = findings;
    registry.look();
    return registry.conditions().map(({ code }) => code);
  };
  return { clock, state, errors, registry, see };
}

it("shows a condition only when it has lasted, with the time it began", () => {
  const { clock, registry, see } = bench();
  const began = clock.now();
  expect(see(finding("channel-disconnected", "telegram/default"))).toEqual([]);
  clock.advance(29_000);
  expect(see(finding("channel-disconnected", "telegram/default"))).toEqual([]);
  clock.advance(1000);
  expect(see(finding("channel-disconnected", "telegram/default"))).toEqual(["channel-disconnected"]);
  expect(registry.conditions()[0]?.since).toBe(began);
  expect(registry.ok()).toBe(false);
  expect(see()).toEqual([]);
  expect(registry.ok()).toBe(true);
  // What comes back begins anew.
  expect(see(finding("channel-disconnected", "telegram/default"))).toEqual([]);
});

it("does not show what follows from another condition of the same subject", () => {
  const { clock, see } = bench();
  const all = [
    finding("channel-disconnected", "telegram/a"),
    finding("channel-mute", "telegram/a"),
    finding("channel-mute", "telegram/b"),
  ];
  see(...all);
  clock.advance(60_000);
  expect(see(...all)).toEqual(["channel-disconnected", "channel-mute"]);
  expect(see(finding("safe-mode"), ...all)).toEqual(["safe-mode"]);
});

it("keeps what was found when a look fails", () => {
  const { state, errors, registry, see } = bench();
  see(finding("storage-failing"));
  state.broken = true;
  registry.look();
  expect(registry.blocking()).toEqual(["storage-failing"]);
  expect(errors).toHaveLength(1);
});

it("one cause never hides everything, and everything hidden has a shown cause", () => {
  const codes = Object.keys(conditionKinds) as ConditionCode[];
  fc.assert(
    fc.property(fc.subarray(codes, { minLength: 1 }), (some) => {
      const { clock, see } = bench();
      const findings = some.map((code) => finding(code));
      see(...findings);
      clock.advance(3_600_000);
      const shown = new Set(see(...findings));
      const explained = (code: ConditionCode): boolean =>
        shown.has(code) ||
        kinds[code]?.dependsOn.some(
          (cause) => some.includes(cause as ConditionCode) && explained(cause as ConditionCode),
        ) === true;
      return shown.size > 0 && some.every(explained);
    }),
  );
});

it("depends only on conditions there are", () => {
  for (const [code, { dependsOn }] of Object.entries(kinds))
    for (const cause of dependsOn) expect(Object.keys(conditionKinds), code).toContain(cause);
});

it("measures how late timers fire", () => {
  let now = 0;
  const tasks: Array<() => void> = [];
  const loop = watchLoopDelay({
    now: () => now,
    monotonic: () => now,
    after: (_ms, task) => {
      tasks.push(task);
      return () => {};
    },
  });
  now = 1000;
  tasks.shift()?.();
  expect(loop.worstMs()).toBe(0);
  now = 3500;
  tasks.shift()?.();
  now = 4500;
  tasks.shift()?.();
  expect([loop.worstMs(), loop.lastMs()]).toEqual([1500, 0]);
});
