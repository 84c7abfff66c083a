import { configJsonSchema, uiHints } from "../../../config/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async ({ out }, _args, options) => {
  out.json(flag(options, "hints") ? uiHints() : configJsonSchema());
};
