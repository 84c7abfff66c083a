import { settle } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { controlOf, slotsHere, updateOptions } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const slots = slotsHere(context);
  // Called from the launcher of a service that is starting: to restart it would be to end ourselves.
  const control =
    context.env.OPENCLAW_SERVICE_KIND === "gateway"
      ? null
      : (await controlOf(context, options, slots)).control;
  const done = await settle(updateOptions(context, options, { slots, control }));
  if (flag(options, "json")) return out.json({ ok: true, settled: done });
  out.line(done ? `The update to ${done.to}: ${done.result}.` : "There is nothing to finish.");
};
