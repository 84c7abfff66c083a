import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { decide } from "./pending.ts";

export const run: CommandBody = (context, [id = ""], options) =>
  decide(context, id, { decision: "deny", json: flag(options, "json") });
