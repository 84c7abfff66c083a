import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { integer } from "../../options.ts";
import { placeOf, required, sendAndTell, whereOf } from "./options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const choices = Array.isArray(options.option) ? options.option.map(String) : [];
  if (choices.length < 2 || choices.length > 12)
    throw new UsageError(`a poll has 2 to 12 answers, not ${choices.length}`, {
      hint: 'openclaw message poll --target <id> --question "…" --option "yes" --option "no"',
    });
  const hours = integer(options, "hours", { min: 1, max: 768 });
  await sendAndTell(context, options, {
    method: "poll",
    params: {
      ...placeOf(options),
      question: required(options, "question", "--question"),
      options: choices,
      maxSelections: integer(options, "maxSelections", { min: 1, max: 12, default: 1 }),
      ...(hours === undefined ? {} : { durationHours: hours }),
    },
    done: (receipt) => `Poll sent${whereOf(receipt)}`,
  });
};
