import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { confirm } from "../../confirm.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, [key = ""], options) => {
  const keep = flag(options, "keepTranscript");
  await confirm(context, {
    question: `Delete the conversation ${JSON.stringify(key)}${keep ? "" : " with its transcript"}?`,
    yes: flag(options, "yes"),
  });
  const answer = await callGateway(context, {
    method: "sessions.delete",
    params: { key, deleteTranscript: !keep },
  });
  if (flag(options, "json")) return context.out.json(answer);
  const deleted = isObject(answer) && answer.deleted === true;
  context.out.line(deleted ? `Deleted ${key}.` : `There was no conversation ${JSON.stringify(key)}.`);
  return deleted ? 0 : 1;
};
