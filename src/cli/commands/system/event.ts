import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const what = text(options, "text");
  if (!what?.trim()) {
    throw new UsageError("--text is missing", { hint: 'openclaw system event --text "what happened"' });
  }
  const mode = text(options, "mode") ?? "next-heartbeat";
  const answer = await callGateway(context, { method: "wake", params: { mode, text: what }, options });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line("ok");
};
