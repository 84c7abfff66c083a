import { hostname } from "node:os";
import { sleep, type Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Paths } from "../state/index.ts";
import type { SentinelReport, SentinelSettings } from "./contract.ts";
import { isBad, judge } from "./judge.ts";
import { lookAtGateway } from "./look.ts";
import { openMemory } from "./memory.ts";
import { takeTelling } from "./one-at-a-time.ts";
import { tell } from "./tell.ts";

export interface SentinelOptions {
  paths: Paths;
  /** Environment of this process, for the command. */
  env: Readonly<Record<string, string | undefined>>;
  /** Asked at each look, so that a changed configuration counts at once. */
  settings: () => SentinelSettings;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * One look at the gateway of this state directory. What looks bad is looked at again after `confirmMs`, so that a
 * service manager's restart is no alarm; then the operator is told, once per condition, and once when it is over.
 * Of two sentinels at once only one tells. Rejects with the signal's reason when it is aborted.
 */
export async function lookAndTell(options: SentinelOptions): Promise<Report> {
  const { paths, clock } = options;
  const settings = options.settings();
  const telling = takeTelling(paths.stateDir);
  if (telling === null) {
    // Another sentinel is at it: it tells, this one only looks.
    const look = await lookAtGateway({ ...settings, paths, clock });
    return { at: clock.now(), ...look, notice: null, deliveries: [], problem: null };
  }
  try {
    return await lookJudgeTell(options, settings);
  } finally {
    telling.release();
  }
}

type Report = SentinelReport & { problem: string | null };

async function lookJudgeTell(options: SentinelOptions, settings: SentinelSettings): Promise<Report> {
  const { paths, clock, signal } = options;
  const memory = openMemory(paths.stateDir);
  const before = memory.read();
  const ask = () => lookAtGateway({ ...settings, paths, clock });
  const since = clock.now();
  let look = await ask();
  if (isBad(look.condition) && look.condition !== before.told) {
    await sleep(clock, settings.confirmMs, signal);
    look = await ask();
  }
  const now = clock.now();
  const { notice, next } = judge(before, look, { host: hostname(), profile: paths.profile, now, since });
  const report = { at: now, ...look, notice };
  if (notice === null) return { ...report, deliveries: [], problem: null };
  const deliveries = await tell(notice, settings, options);
  const out = deliveries.some(({ error }) => error === null);
  if (!out)
    return {
      ...report,
      deliveries,
      problem: deliveries.length === 0 ? "nobody is to be told" : "nobody could be told",
    };
  try {
    memory.write(next);
    return { ...report, deliveries, problem: null };
  } catch (error) {
    return { ...report, deliveries, problem: `sentinel.json cannot be written: ${messageOf(error)}` };
  }
}

/** Looks again and again until the signal aborts. A look that fails is reported, and the next one is taken all the same. */
export async function watch(
  options: SentinelOptions,
  on: {
    report: (report: Awaited<ReturnType<typeof lookAndTell>>) => void;
    trouble: (error: unknown) => void;
  },
): Promise<void> {
  const { clock, signal } = options;
  let { intervalMs } = options.settings();
  while (!signal.aborted) {
    try {
      on.report(await lookAndTell(options));
      ({ intervalMs } = options.settings());
    } catch (error) {
      if (!signal.aborted) on.trouble(error);
    }
    await sleep(clock, intervalMs, signal).catch(() => undefined); // rejects when it is aborted, which ends the loop
  }
}
