import { showPlan } from "../../../doctor/index.ts";
import type { CommandBody } from "../../contract.ts";
import { openDoctorFor, printChanges, wantsOf } from "../../doctor-report.ts";
import { flag } from "../../options.ts";
import { levelsOf } from "./levels.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths } = context;
  const doctor = await openDoctorFor(context, { author: "doctor", wants: wantsOf(options), live: false });
  const plan = doctor.plan(await doctor.report("doctor"), levelsOf({ ...options, repair: true }));
  const changes = showPlan(plan, paths.configPath);
  if (flag(options, "json")) return out.json({ changes, repairs: plan.repairs, left: plan.left });
  printChanges(out, changes);
  for (const { id, because } of plan.left) out.note(`${id} cannot be repaired: ${because}`);
  out.line(
    changes.length === 0
      ? "✓ nothing to repair"
      : `${changes.length} change${changes.length === 1 ? "" : "s"}; nothing was changed. Make them with \`openclaw doctor apply${flag(options, "force") ? " --force" : ""}\`.`,
  );
};
