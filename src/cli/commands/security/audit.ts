import type { CommandBody } from "../../contract.ts";
import {
  closingLine,
  hasCritical,
  openDoctorFor,
  plainFinding,
  printFindings,
  printTicks,
} from "../../doctor-report.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const deep = flag(options, "deep");
  const doctor = await openDoctorFor(context, { author: "security audit", wants: { deep }, live: deep });
  let report = await doctor.report("audit");
  const receipt = flag(options, "fix") ? await doctor.apply(doctor.plan(report, ["safe", "tighten"])) : null;
  if (receipt) report = await doctor.report("audit");
  const fixed = receipt?.repairs.map(({ tick }) => tick) ?? [];
  if (flag(options, "json")) {
    out.json({
      ok: !hasCritical(report.findings),
      fixed: [...new Set(fixed)],
      receipt: receipt?.id ?? null,
      findings: report.findings.map(plainFinding),
      skipped: report.skipped,
      checked: report.checked,
      durationMs: report.durationMs,
    });
  } else {
    printFindings(out, report.findings, { undo: true });
    printTicks(out, fixed);
    out.line(closingLine(report));
    if (receipt) out.line(`Taken back with \`openclaw doctor undo ${receipt.id}\`.`);
  }
  return hasCritical(report.findings) ? 1 : 0;
};
