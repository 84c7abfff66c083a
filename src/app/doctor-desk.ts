import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { Doctor, Finding, Plan, Report, ShownChange } from "../doctor/index.ts";
import type { DoctorDesk } from "../gateway/contract.ts";
import type { Env, Paths } from "../state/index.ts";

const levels = ["safe", "recommended"] as const;
const maxReceipts = 20;

/**
 * The doctor of `openclaw doctor`, for the Control UI. It looks at the same state from inside the gateway, so checks that
 * ask a running gateway and those of the system's services are left to the command. Loaded on first use.
 */
export function createDoctorDesk(of: { paths: Paths; env: Env; version: string; clock: Clock }): DoctorDesk {
  async function open(author: string) {
    const module = await import("../doctor/index.ts");
    return { doctor: module.openDoctor({ ...of, author, wants: { workspaceSuggestions: false } }), module };
  }

  async function planned(opened: Awaited<ReturnType<typeof open>>, report: Report, finding: Finding) {
    const plan = opened.doctor.plan({ ...report, findings: [finding] }, levels);
    const shown = opened.module.showPlan(plan, of.paths.configPath);
    return { plan, shown, hash: hashOf(plan, shown) };
  }

  return {
    async report() {
      const opened = await open("control-ui");
      const report = await opened.doctor.report("doctor");
      const findings = await Promise.all(
        report.findings.map(async (finding) => {
          const { id, severity, title, evidence, fix, undo } = finding;
          const { shown, hash } = await planned(opened, report, finding);
          const changes = shown.map(({ summary, diff }) => ({ summary, diff }));
          return {
            id,
            severity,
            title,
            evidence,
            fix,
            undo,
            ...(changes.length === 0 ? {} : { plan: { hash, changes } }),
          };
        }),
      );
      const { checked, skipped } = report;
      return { findings, checked, skipped, receipts: receiptsOf(opened.doctor) };
    },
    async apply({ id, hash, author }) {
      const opened = await open(author);
      const report = await opened.doctor.report("doctor");
      for (const finding of report.findings.filter((each) => each.id === id)) {
        const now = await planned(opened, report, finding);
        if (now.hash !== hash) continue;
        const receipt = await opened.doctor.apply(now.plan);
        return { receipt: receipt?.id ?? null };
      }
      throw new UserError(
        "DOCTOR_STATE_CHANGED",
        `the repair of ${JSON.stringify(id)} is not the one shown`,
        {
          hint: "openclaw doctor plan",
          retryable: true,
        },
      );
    },
    async undo(receipt, author) {
      const { doctor } = await open(author);
      return { restored: doctor.undo(receipt, { force: false }).restored };
    },
  };
}

/** Names exactly these changes: also bytes that are not shown, such as secrets in the configuration. */
function hashOf(plan: Plan, shown: readonly ShownChange[]): string {
  const hash = createHash("sha256").update(JSON.stringify(shown));
  for (const change of plan.changes) if (change.kind === "write") hash.update(change.after);
  return hash.digest("hex").slice(0, 32);
}

const receiptsOf = (doctor: Doctor) =>
  doctor
    .receipts()
    .slice(0, maxReceipts)
    .map(({ id, at, author, state, repairs }) => ({
      id,
      at,
      author,
      undone: state === "undone",
      repairs: [...new Set(repairs.map(({ tick }) => tick))],
    }));
