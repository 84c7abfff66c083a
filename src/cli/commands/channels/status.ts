import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { channelWord, evidenceWords } from "../../health-report.ts";
import { flag, integer } from "../../options.ts";
import { setting } from "../../target.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const timeoutMs = integer(options, "timeout", { min: 1000, max: 600_000, default: 10_000 });
  const client = await context.connect();
  try {
    const answer = await client.call(
      "channels.status",
      { probe: flag(options, "probe"), timeoutMs },
      { timeoutMs: timeoutMs + 5000, signal: context.signal },
    );
    if (flag(options, "json")) return out.json(answer);
    const accounts = setting(answer, "channelAccounts");
    const rows = Object.entries(isObject(accounts) ? accounts : {}).flatMap(([channel, list]) =>
      (Array.isArray(list) ? list.filter(isObject) : []).map((account) => {
        const word = channelWord(account);
        const error = account.lastError ?? setting(account, "probe.error");
        return {
          channel,
          account: String(account.accountId),
          state: word === "connected" ? out.style.green(word) : out.style.yellow(word),
          ...evidenceWords(account, clock.now()),
          error: typeof error === "string" ? error : "",
        };
      }),
    );
    if (rows.length === 0) return out.line("No channels are configured.");
    out.table(rows);
  } finally {
    client.close();
  }
};
