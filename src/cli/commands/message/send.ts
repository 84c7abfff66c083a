import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { mediaAddress, placeOf, sendAndTell, whereOf } from "./options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const to = text(options, "target");
  const message = text(options, "message") ?? "";
  const media = Array.isArray(options.media) ? options.media.map(String) : [];
  if (!to || (message === "" && media.length === 0)) {
    throw new UsageError(`${to ? "--message" : "--target"} is missing`, {
      hint: 'openclaw message send --target <id> --message "…"',
    });
  }
  const replyTo = text(options, "replyTo");
  await sendAndTell(context, options, {
    method: "send",
    params: {
      ...placeOf(options),
      message,
      ...(media.length === 0 ? {} : { mediaUrls: media.map(mediaAddress) }),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(flag(options, "silent") ? { silent: true } : {}),
    },
    done: (receipt) => `Sent to ${to}${whereOf(receipt)}`,
  });
};
