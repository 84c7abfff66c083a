import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { answerRequest } from "./requests.ts";

export const run: CommandBody = async (context, [prefix = ""], options) => {
  const { requestId, nodeId, name } = await answerRequest(context, prefix, "approve");
  if (flag(options, "json")) return context.out.json({ requestId, nodeId, decision: "approved" });
  context.out.line(`Approved ${name} (${nodeId.slice(0, 16)}).`);
};
