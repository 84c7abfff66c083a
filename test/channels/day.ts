import { expect } from "vitest";
import { seeded } from "../torture/random.ts";
import { connected } from "./cases-faults.ts";
import type { ChannelDouble } from "./driver.ts";
import { words, type Rig } from "./rig.ts";

const minute = 60_000;
const hour = 60 * minute;

/**
 * A day of one account: somebody writes every few minutes, something breaks every half hour or so, the process is
 * killed and restarted now and then; the clock is simulated, the script comes from a seed. Nobody mends anything.
 * Then: every message was accepted once, every answer is seen once (or stands as a question, where the adapter declares
 * that nobody can know), and the account is connected.
 */
export async function liveThroughADay(rig: Rig, double: ChannelDouble, seed: number): Promise<void> {
  const random = seeded(seed);
  const { time } = rig;
  const { faults } = rig.double;
  const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low));
  // A platform that keeps nothing for whoever is away cannot be asked for what was said meanwhile.
  const keeps = double.gaps?.away === undefined;
  const said: string[] = [];
  let number = 0;
  let deaf = false;

  async function talkFor(ms: number): Promise<void> {
    const end = time.now() + ms;
    while (time.now() < end) {
      if (keeps || !deaf) {
        const text = `message ${number++}`;
        said.push(text);
        await rig.double.say({ by: random.next() < 0.8 ? "alice" : "bob", place: "direct", text });
      }
      await time.pass(Math.min(between(1 * minute, 14 * minute), Math.max(1, end - time.now())));
    }
  }

  /** Begins a fault and gives what ends it. */
  const script: Array<() => Promise<(() => Promise<void>) | undefined>> = [];
  const lasting = (fault: ((on: boolean) => void) | undefined) => {
    if (fault)
      script.push(async () => {
        await Promise.resolve();
        deaf = true;
        fault(true);
        return async () => {
          await Promise.resolve();
          fault(false);
          // Until it is connected again nothing is kept for it.
          if (!keeps) await time.pass(5 * minute);
          deaf = false;
        };
      });
  };
  const momentary = (fault: (() => void) | undefined) => {
    if (fault)
      script.push(async () => {
        await Promise.resolve();
        fault();
        return undefined;
      });
  };
  lasting(faults.cut?.bind(faults));
  lasting(faults.down?.bind(faults));
  momentary(faults.rateLimit && (() => faults.rateLimit?.(between(1, 4), between(1000, 90_000))));
  momentary(faults.failSends && (() => faults.failSends?.(between(1, 5))));
  momentary(faults.loseAnswer && (() => faults.loseAnswer?.(between(1, 3))));
  momentary(faults.loseRequest && (() => faults.loseRequest?.(between(1, 3))));
  momentary(faults.duplicate && (() => faults.duplicate?.(between(1, 4))));
  if (keeps) momentary(faults.halfOpen?.bind(faults));
  if (faults.slow)
    script.push(async () => {
      await Promise.resolve();
      faults.slow?.(between(500, 9000));
      return async () => {
        await Promise.resolve();
        faults.slow?.(0);
      };
    });
  if (faults.skew && double.gaps?.skew === undefined)
    script.push(async () => {
      await Promise.resolve();
      faults.skew?.(between(-20, 20) * minute);
      return undefined;
    });
  for (const end of ["crash", "down"] as const)
    script.push(async () => {
      deaf = true;
      await rig[end]();
      return async () => {
        await rig.up();
        deaf = false;
      };
    });

  const dusk = time.now() + 24 * hour;
  for (let round = 0; time.now() < dusk; round++) {
    await talkFor(between(5, 35) * minute);
    // Each kind in turn, then by chance.
    const begin = script[round < script.length ? round : between(0, script.length)];
    const end = await begin?.();
    if (!end) continue;
    await talkFor(between(1, 12) * minute);
    await end();
  }
  const last = `message ${number++}`;
  said.push(last);
  await rig.double.say({ by: "alice", place: "direct", text: last });
  await time.until(
    "all to be answered",
    () => rig.desk?.settled() === true && rig.shown().length > 0,
    6 * hour,
  );
  await time.pass(2 * hour);

  expect(said.length).toBeGreaterThan(100);
  expect(await connected(rig), "connected at the end").toBe(true);
  const shown = new Map<string, number>();
  for (const { plain } of rig.shown()) shown.set(words(plain), (shown.get(words(plain)) ?? 0) + 1);
  const open = new Set(
    (rig.desk?.deliveries() ?? []).filter((row) => row.state === "unknown").map((row) => words(row.text)),
  );
  const wrong = said.flatMap((text) => {
    const count = shown.get(`re: ${text}`) ?? 0;
    const fine = count === 1 || (count === 0 && open.has(`re: ${text}`));
    return fine ? [] : [`${text}: seen ${count} times`];
  });
  expect(wrong).toEqual([]);
  if (rig.manifest.capabilities.ambiguousSend !== "unknown") expect([...open]).toEqual([]);
  expect([...shown.keys()].length).toBeLessThanOrEqual(said.length);
}
