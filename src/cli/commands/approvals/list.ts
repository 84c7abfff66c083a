import type { CommandBody } from "../../contract.ts";
import { duration } from "../../format.ts";
import { flag } from "../../options.ts";
import { pendingApprovals } from "./pending.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const client = await context.connect();
  try {
    const pending = await pendingApprovals(client, context);
    if (flag(options, "json")) return out.json({ pending });
    if (pending.length === 0) return out.line("Nothing waits for permission.");
    for (const [index, row] of pending.entries()) {
      if (index > 0) out.line();
      out.line(out.style.bold(row.id));
      // The whole command, never cut: what is approved is what runs.
      for (const line of row.command.split("\n")) out.line(`    ${line}`);
      out.pairs([
        ...(row.host === null ? [] : [["  On", row.host] as [string, string]]),
        ["  In", row.cwd ?? "-"],
        ...(row.resolvedPath === null ? [] : [["  Program", row.resolvedPath] as [string, string]]),
        ["  Agent", row.agentId ?? "-"],
        ["  Session", row.sessionKey ?? "-"],
        ["  Expires", row.expiresAtMs === null ? "-" : `in ${duration(row.expiresAtMs - clock.now())}`],
      ]);
    }
  } finally {
    client.close();
  }
};
