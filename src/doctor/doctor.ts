import { inspectConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { readGatewayLock, type Env, type Paths } from "../state/index.ts";
import { applyPlan, refuseForeignState } from "./apply.ts";
import { checks } from "./checks/index.ts";
import type {
  AskGateway,
  CheckContext,
  Machine,
  Plan,
  Receipt,
  RepairLevel,
  Report,
  ServicePlace,
  Wants,
} from "./contract.ts";
import { thisMachine } from "./machine.ts";
import { makePlan } from "./plan.ts";
import { openReceipts } from "./receipts.ts";
import { runChecks } from "./run-checks.ts";
import { undoReceipt, type Undone } from "./undo.ts";

export interface DoctorOptions {
  paths: Paths;
  /** Process environment; what `.env` adds may be merged in. */
  env: Env;
  /** What `.env` of the state directory holds. */
  dotenv?: Env;
  version: string;
  clock: Clock;
  /** Who changes something, for receipts and config history, e.g. `doctor`. */
  author?: string;
  wants?: Partial<Wants>;
  machine?: Machine;
  ask?: AskGateway;
  strangerGetsIn?: () => Promise<unknown>;
  service?: ServicePlace;
  signal?: AbortSignal;
}

export interface Doctor {
  /** Looks; changes nothing. `audit` runs the security checks only. */
  report(surface: "doctor" | "audit"): Promise<Report>;
  /** The changes the repairs of these levels come to. Changes nothing. */
  plan(report: Report, levels: Iterable<RepairLevel>): Plan;
  /** Null when there was nothing to do. @throws UserError DOCTOR_STATE_CHANGED, DOCTOR_COMMAND_FAILED, DOCTOR_WRONG_USER, STORAGE_… */
  apply(plan: Plan): Promise<Receipt | null>;
  /** @throws UserError DOCTOR_UNDO_CONFLICT, DOCTOR_RECEIPT_UNKNOWN */
  undo(id: string | undefined, options: { force: boolean }): Undone;
  receipts(): Receipt[];
}

/** Opens nothing and changes nothing until it is told to; works without a gateway and with a broken configuration. */
export function openDoctor(options: DoctorOptions): Doctor {
  const { paths, env, version, clock, author = "doctor" } = options;
  const receipts = openReceipts(paths);
  const machine = options.machine ?? thisMachine();
  const controller = new AbortController();
  let seen: CheckContext | null = null;

  function look(): CheckContext {
    return {
      paths,
      env,
      version,
      clock,
      config: inspectConfig({ paths, env, dotenv: options.dotenv ?? {} }),
      machine,
      running: readGatewayLock(paths),
      ask: options.ask ?? null,
      strangerGetsIn: options.strangerGetsIn ?? null,
      service: options.service ?? null,
      wants: { deep: false, generateToken: false, workspaceSuggestions: true, ...options.wants },
      signal: options.signal ?? controller.signal,
    };
  }

  return {
    async report(surface) {
      seen = look();
      const wanted = surface === "doctor" ? "audit" : "doctor";
      return runChecks(
        checks.filter((check) => check.surface !== wanted),
        seen,
      );
    },
    plan: (report, levels) =>
      makePlan(seen ?? look(), { findings: report.findings, levels: new Set(levels) }),
    async apply(plan) {
      if (plan.changes.length > 0) refuseForeignState(paths.stateDir, machine.uid);
      return applyPlan({ plan, paths, receipts, now: clock.now(), version, author, env, clock });
    },
    undo(id, { force }) {
      refuseForeignState(paths.stateDir, machine.uid);
      return undoReceipt({ id, receipts, paths, now: clock.now(), force });
    },
    receipts: () => receipts.list(),
  };
}
