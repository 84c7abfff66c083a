import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { placeOf, required, sendAndTell, whereOf } from "./options.ts";

export const react: CommandBody = async (context, _args, options) => {
  const remove = flag(options, "remove");
  await sendAndTell(context, options, {
    method: "message.action",
    params: {
      ...placeOf(options),
      action: "react",
      messageId: required(options, "messageId", "--message-id"),
      emoji: required(options, "emoji", "--emoji"),
      ...(remove ? { remove } : {}),
    },
    done: (receipt) => `${remove ? "Reaction taken back" : "Reacted"}${whereOf(receipt)}`,
  });
};

export const edit: CommandBody = async (context, _args, options) => {
  await sendAndTell(context, options, {
    method: "message.action",
    params: {
      ...placeOf(options),
      action: "edit",
      messageId: required(options, "messageId", "--message-id"),
      message: required(options, "message", "--message"),
    },
    done: (receipt) => `Edited${whereOf(receipt)}`,
  });
};

export const remove: CommandBody = async (context, _args, options) => {
  await sendAndTell(context, options, {
    method: "message.action",
    params: {
      ...placeOf(options),
      action: "delete",
      messageId: required(options, "messageId", "--message-id"),
    },
    done: (receipt) => `Deleted${whereOf(receipt)}`,
  });
};
