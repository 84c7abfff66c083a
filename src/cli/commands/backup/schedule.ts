import { resolve } from "node:path";
import { freshRecord, readPassphraseFile, type ScheduleSettings } from "../../../backup/index.ts";
import { messageOf, UsageError } from "../../../core/errors.ts";
import type { ServiceHost, ServiceStep, TimerState } from "../../../service/index.ts";
import {
  clearBackupRecord,
  expandHome,
  prepareStateDir,
  readBackupRecord,
  writeBackupRecord,
} from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag, integer, text } from "../../options.ts";
import { printSteps } from "../../service-steps.ts";
import { sizeText } from "./place.ts";
import { backupTimer, scheduleSettings } from "./schedule-desk.ts";

type Options = Record<string, unknown>;

export const run: CommandBody = (context, _args, options) => schedule(context, options);

/** `backup schedule` on a machine: without a setting it only shows. */
export async function schedule(context: CommandContext, options: Options, host?: ServiceHost): Promise<void> {
  const machine = host ? { host } : {};
  const patch = patchOf(context, options);
  if (flag(options, "off")) {
    if (patch !== null) throw new UsageError("--off goes alone", { hint: "openclaw backup schedule --off" });
    return await switchOff(context, options, machine);
  }
  if (patch === null) return await show(context, options, machine);
  const { clock, paths, out } = context;
  const dry = flag(options, "dryRun");
  const store = await context.openConfig();
  const before = store.read().config.backup;
  const settings = await scheduleSettings(context, merged(before, patch));
  if (settings === null)
    throw new UsageError("how often?", {
      hint: 'openclaw backup schedule --every 1d   (or --cron "17 3 * * *")',
    });
  // What every run would need is needed now, while somebody is looking.
  if (settings.keyFile !== null) await readPassphraseFile(settings.keyFile);
  const { timer, spec, cronLine } = backupTimer(context, { dry, ...machine });
  let steps: ServiceStep[] = [];
  const notes: string[] = [];
  if (timer === null) notes.push(noTimer(cronLine, "there is no service manager here"));
  else {
    try {
      const change = await timer.install(spec);
      steps = change.steps;
      notes.push(...change.notes);
    } catch (error) {
      notes.push(noTimer(cronLine, messageOf(error)));
    }
  }
  if (dry) {
    if (flag(options, "json")) out.json({ ok: true, result: "planned", backup: patch, steps, notes });
    else {
      printSteps(out, steps);
      out.line(`set backup to ${JSON.stringify(patch)} in ${paths.configPath}`);
      for (const note of notes) out.note(note);
    }
    return;
  }
  prepareStateDir(paths);
  store.merge({ backup: patch }, { author: "openclaw", reason: "backup schedule" });
  const record = readBackupRecord(paths.stateDir);
  if (record?.schedule !== settings.schedule) {
    const now = clock.now();
    // The first of an interval is made at the next look; a time of day is waited for.
    const due = settings.schedule.startsWith("cron ") ? await settings.next(now) : now;
    writeBackupRecord(paths.stateDir, await freshRecord(settings, { now, before: record, due }));
  }
  for (const note of notes) out.note(out.style.yellow(note));
  await show(context, options, machine);
}

const noTimer = (cronLine: string, why: string): string =>
  `No timer starts the backups: ${why}. Put this line into cron, or let something else run the command every ten minutes:\n  ${cronLine}`;

/** The keys of the configuration that the flags change, null to remove one; null when no flag was given. */
function patchOf({ paths }: CommandContext, options: Options): Record<string, unknown> | null {
  const [every, cron] = [text(options, "every"), text(options, "cron")];
  const [to, keyFile] = [text(options, "to"), text(options, "keyFile")];
  const keep = integer(options, "keep", { min: 1, max: 10_000 });
  for (const [a, b] of [
    ["every", "cron"],
    ["full", "minimal"],
    ["keyFile", "plain"],
  ] as const)
    if (options[a] && options[b])
      throw new UsageError(`--${a === "keyFile" ? "key-file" : a} and --${b} exclude each other`, {
        hint: "use one of them",
      });
  const path = (given: string) => resolve(expandHome(given, paths.home));
  const patch: Record<string, unknown> = {
    ...(every === undefined ? {} : { every, cron: null }),
    ...(cron === undefined ? {} : { cron, every: null }),
    ...(keep === undefined ? {} : { keep }),
    ...(to === undefined ? {} : { to: path(to) }),
    ...(keyFile === undefined ? {} : { keyFile: path(keyFile) }),
    ...(flag(options, "plain") ? { keyFile: null } : {}),
    ...(flag(options, "full") ? { kind: "full" } : {}),
    ...(flag(options, "minimal") ? { kind: "minimal" } : {}),
  };
  return Object.keys(patch).length === 0 ? null : patch;
}

function merged<T extends object>(before: T, patch: Record<string, unknown>): T {
  const set = Object.entries(patch).map(([name, value]) => [name, value ?? undefined]);
  return { ...before, ...(Object.fromEntries(set) as Partial<T>) };
}

async function switchOff(
  context: CommandContext,
  options: Options,
  machine: { host?: ServiceHost },
): Promise<void> {
  const { out, paths } = context;
  const dry = flag(options, "dryRun");
  const { timer } = backupTimer(context, { dry, ...machine });
  const steps = timer === null ? [] : (await timer.uninstall()).steps;
  const store = await context.openConfig();
  const { every, cron } = store.read().config.backup;
  const was = Boolean(every ?? cron) || steps.length > 0;
  if (!dry) {
    if (every ?? cron)
      store.merge(
        { backup: { every: null, cron: null } },
        { author: "openclaw", reason: "backup schedule --off" },
      );
    clearBackupRecord(paths.stateDir);
  }
  if (flag(options, "json"))
    return out.json({
      ok: true,
      result: dry ? "planned" : was ? "removed" : "none",
      ...(dry ? { steps } : {}),
    });
  if (dry) return printSteps(out, steps);
  out.line(was ? "No backup is scheduled any more. The archives stay." : "No backup was scheduled.");
}

async function show(
  context: CommandContext,
  options: Options,
  machine: { host?: ServiceHost },
): Promise<void> {
  const { out, paths, clock } = context;
  const settings = await scheduleSettings(context, (await context.openConfig()).read().config.backup);
  const { timer, spec, cronLine } = backupTimer(context, { dry: false, ...machine });
  const state = timer === null ? null : await timer.inspect(spec);
  const record = settings === null ? null : readBackupRecord(paths.stateDir);
  if (flag(options, "json")) {
    return out.json({
      scheduled: settings !== null,
      ...(settings === null ? {} : { settings: plain(settings) }),
      timer: state,
      record,
      stale: record !== null && clock.now() > record.staleAt,
    });
  }
  if (settings === null) {
    out.line("No backup is scheduled. Schedule one: openclaw backup schedule --every 1d");
    return;
  }
  const { last, failure, dueAt } = record ?? { last: null, failure: null, dueAt: clock.now() };
  const { red, green } = out.style;
  out.pairs([
    ["Schedule", `${settings.schedule}, ${settings.kind}, the last ${settings.keep} are kept`],
    ["Folder", settings.folder],
    ["Encrypted", settings.keyFile === null ? "no" : `with ${settings.keyFile}`],
    ["Timer", timerWords(state, cronLine)],
    [
      "Last backup",
      last
        ? green(`${ago(last.at, clock.now())}, ${sizeText(last.bytes)}, read back whole: ${last.path}`)
        : "none yet",
    ],
    ...(failure
      ? [
          [
            "Failed",
            red(`${failure.times} time(s), last ${ago(failure.at, clock.now())}: ${failure.message}`),
          ] as [string, string],
        ]
      : []),
    ["Next", dueAt <= clock.now() ? "at the timer's next look" : new Date(dueAt).toISOString()],
  ]);
}

const plain = ({ schedule: text, kind, keep, folder, keyFile }: ScheduleSettings) => ({
  schedule: text,
  kind,
  keep,
  folder,
  keyFile,
});

function timerWords(state: TimerState | null, cronLine: string): string {
  if (state === null) return `none here; from cron: ${cronLine}`;
  const mend = "mend it with: openclaw backup schedule --every … (or --cron …)";
  if (!state.installed) return `not installed; ${mend}`;
  if (state.active === false) return `${state.name} is not active; ${mend}`;
  return state.drift === null ? state.name : `${state.drift}; ${mend}`;
}
