import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { printableLine } from "../../terminal.ts";
import { askDesk, codeParams, personOf } from "./desk.ts";

export const run: CommandBody = async (context, args, options) => {
  const answer = await askDesk(context, "reject", codeParams(args, options));
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Rejected ${printableLine(personOf(answer["rejected"]))}.`);
};
