import { UsageError } from "../../../core/errors.ts";
import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const to = text(options, "target");
  const message = text(options, "message");
  if (!to || !message) {
    throw new UsageError(`${to ? "--message" : "--target"} is missing`, {
      hint: 'openclaw message send --target <id> --message "…"',
    });
  }
  const channel = text(options, "channel");
  const accountId = text(options, "account");
  const media = Array.isArray(options.media) ? options.media.map(String) : [];
  const answer = await callGateway(context, {
    method: "send",
    params: {
      to,
      message,
      idempotencyKey: text(options, "idempotencyKey") ?? uuid(),
      ...(channel === undefined ? {} : { channel }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(media.length === 0 ? {} : { mediaUrls: media }),
    },
    options: { timeout: "60000" },
  });
  const receipt = isObject(answer) ? answer : {};
  if (flag(options, "json")) return context.out.json(receipt);
  const id = typeof receipt.messageId === "string" ? ` (message ${receipt.messageId})` : "";
  context.out.line(
    `Sent to ${to}${typeof receipt.channel === "string" ? ` on ${receipt.channel}` : ""}${id}`,
  );
};
