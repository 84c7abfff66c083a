import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { printableLine } from "../../terminal.ts";
import { askDesk, codeParams, personOf } from "./desk.ts";

export const run: CommandBody = async (context, args, options) => {
  const { out } = context;
  const wanted = { owner: flag(options, "owner"), notify: flag(options, "notify") };
  const answer = await askDesk(context, "approve", {
    ...codeParams(args, options),
    ...(wanted.owner ? { owner: true } : {}),
    ...(wanted.notify ? { notify: true } : {}),
  });
  if (flag(options, "json")) return out.json(answer);
  const person = printableLine(personOf(answer["approved"]));
  const owner = isObject(answer["approved"]) && answer["approved"]["owner"] === true;
  out.line(owner ? `Approved ${person} as the owner.` : `Approved ${person}.`);
  if (answer["notified"] === false) out.note("They could not be told; the log says why.");
  if (answer["hasOwner"] !== false) return;
  const who = ownerEntry(answer["approved"]);
  out.line(
    `This gateway has no owner in a chat yet. If that is you: ${who === null ? "add the id to commands.ownerAllowFrom" : `openclaw config set commands.ownerAllowFrom '["${who}"]'`}`,
  );
};

/** The person as an entry of that list; null where the id could not stand between quotes. */
function ownerEntry(value: unknown): string | null {
  const row = isObject(value) ? value : {};
  const entry = `${String(row["channel"])}:${String(row["id"])}`;
  return /^[\w@+.:-]+$/.test(entry) ? entry : null;
}
