import { sleep, type Clock } from "../core/clock.ts";
import { codeOf, messageOf, OpenClawError, UserError } from "../core/errors.ts";
import {
  acquireGatewayLock,
  isProcessAlive,
  processStartTime,
  readGatewayLock,
  type Paths,
} from "../state/index.ts";
import { isReady, selfCheck, shadowBoot } from "./candidate.ts";
import type { GatewayControl, UpdateJournal, UpdatePhase, UpdateRecord } from "./contract.ts";
import { copyLedger, returnLedger } from "./ledger.ts";
import type { Published, Registry } from "./npm.ts";
import { isWorker, type Slots } from "./slots.ts";

export interface UpdateOptions {
  slots: Slots;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  signal: AbortSignal;
  /** Null when no gateway runs from these slots. */
  control: GatewayControl | null;
  /** Milliseconds a start may take. */
  startMs: number;
  /** Milliseconds the new version is watched after the switch. */
  watchMs: number;
  onStep?: (text: string) => void;
  /** Awaited once the candidate has passed and before it becomes the current version. */
  beforeSwitch?: (about: { from: string | null; to: string }) => Promise<void>;
}

/**
 * Installs a version beside the current one, tries it, switches to it and watches it; whatever goes wrong, the version
 * that worked stays or comes back.
 * @throws UserError UPDATE_BROKEN, UPDATE_DIGEST, UPDATE_ROLLED_BACK, UPDATE_RUNNING; OpenClawError UPDATE_FETCH_FAILED
 */
export async function update(
  options: UpdateOptions & { registry: Registry; published: Published },
): Promise<UpdateRecord> {
  const { slots, paths, clock, registry, published, control } = options;
  const say = options.onStep ?? (() => undefined);
  await settle(options);
  const { current: from, last } = slots.state();
  const { version: to } = published;
  let journal: UpdateJournal = {
    phase: "fetch",
    from,
    to,
    pid: process.pid,
    startTime: processStartTime(process.pid),
    startedAt: clock.now(),
    stateDir: paths.stateDir,
    configPath: paths.configPath,
    ledgerBefore: null,
    watchUntil: null,
    reason: null,
  };
  const enter = (phase: UpdatePhase, change: Partial<UpdateJournal> = {}) =>
    slots.note((journal = { ...journal, phase, ...change }));
  slots.begin(journal);
  try {
    slots.sweep([from, previousOf(last)], last?.ledgerBefore ?? null);
    say(`fetching ${to}`);
    const stage = slots.stage();
    await registry.fetch(published, stage);
    slots.adopt(stage, to);
    enter("check");
    say(`trying ${to} on a copy of the state`);
    const program = slots.programOf(to);
    const check = { ...options, version: to, program, timeoutMs: options.startMs };
    await selfCheck(check);
    await shadowBoot(check, slots.stage());
    const copy = slots.ledgerCopyPath(to);
    const ledgerBefore = (await copyLedger(paths.ledgerPath, copy)) ? copy : null;
    enter("switch", { ledgerBefore });
  } catch (error) {
    const reason = messageOf(error);
    slots.finish({
      ...recordOf(journal, clock),
      result: "refused",
      ledgerBefore: last?.ledgerBefore ?? null,
      reason,
    });
    slots.sweep([from, previousOf(last)], last?.ledgerBefore ?? null);
    throw error;
  }
  try {
    await options.beforeSwitch?.({ from, to });
    say(`switching to ${to}`);
    slots.point(to);
    if (control) {
      enter("trial", { watchUntil: clock.now() + options.startMs + options.watchMs });
      say(`restarting ${control.name}`);
      await control.restart();
      say(`watching ${to} for ${options.watchMs / 1000} s`);
      await watch(options, to);
    }
  } catch (error) {
    // Also when somebody presses Ctrl-C: nobody would be watching any more.
    enter("rollback", { reason: messageOf(error) });
    await goBack({ ...options, signal: new AbortController().signal }, journal);
    throw new UserError(
      "UPDATE_ROLLED_BACK",
      `openclaw ${to} was taken back, ${from ?? "nothing"} is current again: ${messageOf(error)}`,
      { hint: "openclaw logs; then choose another version with --tag", cause: error },
    );
  }
  const record: UpdateRecord = { ...recordOf(journal, clock), result: "updated" };
  slots.finish(record);
  slots.sweep([to, from], journal.ledgerBefore);
  return record;
}

/** Puts the version before the last update back, with the ledger in the form it knows. */
export async function rollback(options: UpdateOptions): Promise<UpdateRecord> {
  const { slots, clock } = options;
  await settle(options);
  const { last, current, versions } = slots.state();
  if (
    last?.result !== "updated" ||
    last.to !== current ||
    last.from === null ||
    !versions.includes(last.from)
  ) {
    throw new UserError("UPDATE_NOTHING_BEFORE", "there is no earlier version to go back to", {
      hint: "openclaw update status; another version: openclaw update --tag <version> --downgrade",
    });
  }
  const { from, to, ledgerBefore, stateDir, configPath } = last;
  const journal: UpdateJournal = {
    phase: "rollback",
    from,
    to,
    pid: process.pid,
    startTime: processStartTime(process.pid),
    startedAt: clock.now(),
    stateDir,
    configPath,
    ledgerBefore,
    watchUntil: null,
    reason: "asked for",
  };
  slots.begin(journal);
  await goBack(options, journal);
  return slots.state().last ?? recordOf(journal, clock);
}

/** Removes the version before and its copy of the ledger: there is no way back afterwards. */
export function commit(slots: Slots): string[] {
  const { underWay, last, current, versions } = slots.state();
  if (underWay) {
    throw new UserError("UPDATE_RUNNING", `an update to ${underWay.to} is not finished`, {
      hint: "openclaw update status",
    });
  }
  if (last) slots.finish({ ...last, from: null, ledgerBefore: null });
  slots.sweep([current], null);
  return versions.filter((version) => version !== current);
}

/**
 * Finishes what a killed update left. Before the switch nothing has happened; after it, the new version stays where its
 * gateway is ready, and else goes. Called by the next update, and by the launcher before a gateway starts.
 */
export async function settle(options: UpdateOptions): Promise<UpdateRecord | null> {
  const { slots, clock } = options;
  const { underWay: journal, current } = slots.state();
  if (journal === null || (isWorker(journal) && journal.phase !== "rollback")) return null;
  const running = readGatewayLock(journal);
  if (journal.phase === "fetch" || journal.phase === "check" || current !== journal.to) {
    if (journal.phase !== "rollback") {
      const record: UpdateRecord = {
        ...recordOf(journal, clock),
        result: "refused",
        reason: "it was interrupted",
      };
      slots.finish({ ...record, ledgerBefore: null });
      slots.sweep([current], null);
      return record;
    }
  }
  const isProven =
    journal.phase !== "rollback" &&
    (journal.from === null || (running?.version === journal.to && (await isReady(address(running)))));
  if (isProven) {
    const record: UpdateRecord = { ...recordOf(journal, clock), result: "updated" };
    slots.finish(record);
    return record;
  }
  const next: UpdateJournal = {
    ...journal,
    phase: "rollback",
    reason: journal.reason ?? "the update was interrupted before the new version was proven",
  };
  slots.note(next);
  await goBack(options, next);
  return slots.state().last;
}

/**
 * Goes back. While a gateway of the new version has the state open it is restarted, and the launcher does the rest before
 * the old version starts; without one it is done here.
 */
async function goBack(options: UpdateOptions, journal: UpdateJournal): Promise<void> {
  const { slots, clock, control, startMs } = options;
  const giveUp = clock.monotonic() + 2 * startMs;
  let ended: number | null = null;
  while (slots.state().underWay !== null) {
    if (finishBack(options, journal)) {
      if (control) await control.restart();
      return;
    }
    const running = readGatewayLock(journal);
    // The old version never stopped: the pointer is all there is to change.
    if (running?.version === journal.from) return endBack(slots, journal, clock);
    if (running && running.pid !== ended) {
      if (control === null) {
        throw new UserError("GATEWAY_RUNNING", `the gateway of openclaw ${running.version} is running`, {
          hint: `stop it (kill ${running.pid}), then: openclaw update rollback`,
        });
      }
      ended = running.pid;
      await control.restart();
    }
    if (clock.monotonic() > giveUp) {
      throw new OpenClawError("UPDATE_STUCK", `the gateway does not let go of ${journal.stateDir}`, {
        hint: "openclaw gateway restart",
      });
    }
    await sleep(clock, 50);
  }
}

/** The changes of a rollback, under the gateway's lock; false when a gateway holds it. */
function finishBack({ slots, paths, clock }: UpdateOptions, journal: UpdateJournal): boolean {
  let lock;
  try {
    lock = acquireGatewayLock(
      { ...paths, stateDir: journal.stateDir },
      { port: 0, version: journal.to, clock },
    );
  } catch (error) {
    if (codeOf(error) === "GATEWAY_RUNNING") return false;
    throw error;
  }
  try {
    if (slots.state().underWay === null) return true;
    // The database first: were we killed in between, the newer version would be current on an older database, never
    // the other way round.
    if (journal.ledgerBefore !== null)
      returnLedger({ ledgerPath: paths.ledgerPath, before: journal.ledgerBefore });
    endBack(slots, journal, clock);
    return true;
  } finally {
    lock.release();
  }
}

function endBack(slots: Slots, journal: UpdateJournal, clock: Clock): void {
  if (journal.from !== null) slots.point(journal.from);
  slots.finish({ ...recordOf(journal, clock), result: "rolled-back" });
}

/** A gateway that took work: since when, and when it was last seen to; monotonic milliseconds. */
interface Ready {
  pid: number;
  since: number;
  seen: number;
}

/** @throws UserError UPDATE_BROKEN when the new version does not get ready, or does not stay */
async function watch(options: UpdateOptions, version: string): Promise<void> {
  const { paths, clock, signal, startMs, watchMs } = options;
  const failed = (what: string) =>
    new UserError("UPDATE_BROKEN", `the gateway of openclaw ${version} ${what}`);
  let ready = null as Ready | null;
  let last: number | null = null;
  let starts = 0;
  const giveUp = clock.monotonic() + startMs;
  for (;;) {
    signal.throwIfAborted();
    const running = readGatewayLock(paths);
    const now = clock.monotonic();
    if (ready && !isProcessAlive(ready.pid)) throw failed("ended after its start");
    if (running?.version === version) {
      if (running.pid !== last) starts += 1;
      last = running.pid;
      if (starts > 3) throw failed("ends again and again");
      if (await isReady(address(running)))
        ready = { pid: ready?.pid ?? running.pid, since: ready?.since ?? now, seen: now };
    }
    if (ready === null && now > giveUp) throw failed(`is not ready ${startMs / 1000} s after its start`);
    if (ready && now - ready.seen > startMs) throw failed("is not ready any more");
    if (ready && now - ready.since >= watchMs && now - ready.seen < 1_000) return;
    await sleep(clock, 100, signal);
  }
}

const address = (running: { host?: string; port: number }) => ({
  host: running.host ?? "127.0.0.1",
  port: running.port,
});

const previousOf = (last: UpdateRecord | null): string | null =>
  last?.result === "updated" ? last.from : null;

function recordOf(journal: UpdateJournal, clock: Clock): UpdateRecord {
  const { from, to, ledgerBefore, stateDir, configPath, reason } = journal;
  return {
    result: "updated",
    from,
    to,
    at: new Date(clock.now()).toISOString(),
    reason,
    ledgerBefore,
    stateDir,
    configPath,
  };
}
