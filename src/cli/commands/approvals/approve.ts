import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { decide } from "./pending.ts";

export const run: CommandBody = (context, [id = ""], options) =>
  decide(context, id, {
    decision: flag(options, "always") ? "allow-always" : "allow-once",
    json: flag(options, "json"),
  });
