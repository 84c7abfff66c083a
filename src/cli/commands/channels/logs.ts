import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { parseLogLine, renderLogLine } from "../../log-lines.ts";
import { flag, integer, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const limit = integer(options, "limit", { min: 1, max: 5000, default: 2000 });
  const channel = text(options, "channel");
  const answer = await callGateway(context, { method: "logs.tail", params: { limit, maxBytes: 1_000_000 } });
  const lines = isObject(answer) && Array.isArray(answer.lines) ? answer.lines.map(String) : [];
  const found = lines.filter((line) => isAbout(line, channel));
  if (found.length === 0 && !flag(options, "json")) return out.line("The log says nothing about that.");
  for (const line of found) {
    if (flag(options, "json")) out.write(`${line}\n`);
    else out.line(renderLogLine(line, out.isTTY ? out.style : undefined));
  }
};

/** Records of a channel's own logger, and the host's that name it. */
function isAbout(line: string, channel: string | undefined): boolean {
  const record = parseLogLine(line);
  if (!record) return false;
  const own = /^channels\/([^/]+)/.exec(record.subsystem)?.[1];
  const about = own ?? (typeof record.fields.channel === "string" ? record.fields.channel : undefined);
  return about !== undefined && (channel === undefined || about === channel);
}
