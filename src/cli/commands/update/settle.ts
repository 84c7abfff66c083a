import { settle } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { controlOf, nodeOf, sayNode, slotsHere, updateOptions } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const slots = slotsHere(context);
  // Called from the launcher of a service that is starting: to restart it would be to end ourselves.
  const starting = context.env.OPENCLAW_SERVICE_KIND === "gateway";
  const control = starting ? null : (await controlOf(context, options, slots)).control;
  const done = await settle(updateOptions(context, options, { slots, control }));
  const { current } = slots.state();
  const node =
    done === null || starting || current === null ? null : await nodeOf(context, options, slots, current);
  if (flag(options, "json")) return out.json({ ok: true, settled: done, node });
  out.line(done ? `The update to ${done.to}: ${done.result}.` : "There is nothing to finish.");
  sayNode(context, node);
};
