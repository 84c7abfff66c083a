import { commit } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { slotsHere } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const removed = commit(slotsHere(context));
  if (flag(options, "json")) return out.json({ ok: true, removed });
  out.line(removed.length === 0 ? "There is no earlier version." : `Removed ${removed.join(", ")}.`);
};
