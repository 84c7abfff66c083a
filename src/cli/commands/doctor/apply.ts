import type { CommandBody } from "../../contract.ts";
import { openDoctorFor, printTicks, wantsOf } from "../../doctor-report.ts";
import { flag } from "../../options.ts";
import { levelsOf } from "./levels.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const doctor = await openDoctorFor(context, { author: "doctor", wants: wantsOf(options), live: false });
  const plan = doctor.plan(await doctor.report("doctor"), levelsOf({ ...options, repair: true }));
  const receipt = await doctor.apply(plan);
  if (flag(options, "json")) {
    return out.json({
      migrated: receipt !== null,
      changes: [...new Set(plan.repairs.map(({ tick }) => tick))],
      receipt: receipt?.id ?? null,
      left: plan.left,
    });
  }
  for (const { id, because } of plan.left) out.note(`${id} was not repaired: ${because}`);
  if (!receipt) return out.line("✓ nothing to repair");
  printTicks(
    out,
    plan.repairs.map(({ tick }) => tick),
  );
  out.line(`Taken back with \`openclaw doctor undo ${receipt.id}\`.`);
};
