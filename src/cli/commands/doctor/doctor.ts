import { showPlan, type Plan, type Receipt } from "../../../doctor/index.ts";
import { codeOf } from "../../../core/errors.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import {
  closingLine,
  hasCritical,
  openDoctorFor,
  plainFinding,
  printChanges,
  printFindings,
  printTicks,
  wantsOf,
} from "../../doctor-report.ts";
import { flag } from "../../options.ts";
import { levelsOf } from "./levels.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths } = context;
  const asJson = flag(options, "json");
  const doctor = await openDoctorFor(context, { author: "doctor", wants: wantsOf(options), live: true });
  const before = await doctor.report("doctor");
  if (!asJson) {
    out.line(`Profile: ${paths.profile}   State: ${paths.stateDir}`);
    printFindings(out, before.findings, { undo: false });
  }
  const receipts: Receipt[] = [];
  let report = before;
  const left: Plan["left"] = [];
  // Repairing one thing may show the next (a missing directory hides what belongs in it).
  for (let round = 0; round < 4; round++) {
    const plan = doctor.plan(report, levelsOf(options));
    if (round === 0) left.push(...plan.left);
    if (plan.changes.length === 0 || !(await mayApply(context, plan, options))) break;
    const receipt = await doctor.apply(plan);
    if (receipt) receipts.push(receipt);
    report = await doctor.report("doctor");
  }
  const ticks = receipts.flatMap(({ repairs }) => repairs.map(({ tick }) => tick));
  if (asJson) {
    out.json({
      ok: !hasCritical(report.findings),
      migrated: receipts.length > 0,
      changes: [...new Set(ticks)],
      receipts: receipts.map(({ id }) => id),
      findings: report.findings.map(plainFinding),
      skipped: report.skipped,
      left,
      checked: report.checked,
      durationMs: report.durationMs,
    });
    return hasCritical(report.findings) ? 1 : 0;
  }
  for (const { id, because } of left) out.note(`${id} was not repaired: ${because}`);
  if (before.findings.length > 0 || ticks.length > 0) out.line();
  printTicks(out, ticks);
  out.line(closingLine(report));
  if (receipts.length > 0) out.line(`Taken back with \`openclaw doctor undo ${receipts.at(-1)?.id}\`.`);
  else if (doctor.plan(report, ["safe", "recommended"]).changes.length > 0) {
    out.line("Show the repairs with `openclaw doctor plan`, make them with `openclaw doctor --repair`.");
  }
  return hasCritical(report.findings) ? 1 : 0;
};

/** Whether a person, or a flag in their place, agrees. Without a terminal nobody does. */
async function mayApply(
  context: CommandContext,
  plan: Plan,
  options: Record<string, unknown>,
): Promise<boolean> {
  if (["repair", "yes", "nonInteractive", "generateGatewayToken"].some((name) => flag(options, name)))
    return true;
  const { out, stdin } = context;
  if (flag(options, "json") || !out.isTTY || !stdin.isTTY) return false;
  out.line();
  printChanges(out, showPlan(plan, context.paths.configPath));
  try {
    await confirm(context, { question: `Make these ${plan.changes.length} changes?`, yes: false });
    return true;
  } catch (error) {
    if (codeOf(error) === "CANCELLED") return false;
    throw error;
  }
}
