import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { printableLine } from "../../terminal.ts";
import { askDesk, personOf, placeParams } from "./desk.ts";

export const run: CommandBody = async (context, [id = ""], options) => {
  const answer = await askDesk(context, "revoke", { ...placeParams(options), id });
  if (flag(options, "json")) return context.out.json(answer);
  const revoked = Array.isArray(answer["revoked"]) ? answer["revoked"] : [];
  for (const row of revoked) context.out.line(`${printableLine(personOf(row))} may not write any more.`);
};
