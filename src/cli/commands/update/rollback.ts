import { rollback } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { controlOf, nodeOf, sayNode, slotsHere, updateOptions } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const slots = slotsHere(context);
  const { control, note } = await controlOf(context, options, slots);
  const done = await rollback(updateOptions(context, options, { slots, control }));
  const node = done.from === null ? null : await nodeOf(context, options, slots, done.from);
  if (flag(options, "json")) return out.json({ ok: true, ...done, note, node });
  out.line(out.style.green(`openclaw ${done.from ?? "nothing"} is current again.`));
  if (note) out.line(note);
  sayNode(context, node);
};
