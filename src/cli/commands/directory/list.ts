import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag, integer, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { printableLine } from "../../terminal.ts";

export const users: CommandBody = (context, _args, options) => list(context, options, "user");
export const groups: CommandBody = (context, _args, options) => list(context, options, "group");

async function list(
  context: CommandContext,
  options: Record<string, unknown>,
  kind: "user" | "group",
): Promise<void> {
  const channel = text(options, "channel");
  const accountId = text(options, "account");
  const query = text(options, "query");
  const answer = await callGateway(context, {
    method: "channels.directory",
    params: {
      kind,
      limit: integer(options, "limit", { min: 1, max: 1000, default: 100 }),
      ...(channel === undefined ? {} : { channel }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(query === undefined ? {} : { query }),
    },
    options: { timeout: "30000" },
  });
  if (flag(options, "json")) return context.out.json(answer);
  const entries = isObject(answer) && Array.isArray(answer.entries) ? answer.entries.filter(isObject) : [];
  if (entries.length === 0) return context.out.line("Nobody was found.");
  context.out.table(entries.map((each) => ({ id: String(each.id), name: printableLine(String(each.name)) })));
}
