import type { CommandBody } from "../../contract.ts";
import { openDoctorFor } from "../../doctor-report.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async (context, [id], options) => {
  const { out } = context;
  const doctor = await openDoctorFor(context, { author: "doctor", wants: {}, live: false });
  const { receipt, restored, left } = doctor.undo(id, { force: flag(options, "force") });
  if (flag(options, "json")) return out.json({ id: receipt.id, restored, left });
  for (const path of restored) out.line(`restored ${path}`);
  for (const { path, because } of left) out.note(`${path} stays: ${because}`);
  out.line(restored.length === 0 ? `${receipt.id} was undone already.` : `✓ ${receipt.id} undone`);
};
