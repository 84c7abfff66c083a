import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const answer = await callGateway(context, { method: "system-presence", options });
  if (flag(options, "json")) return out.json(answer);
  const entries = Array.isArray(answer) ? answer.filter(isObject) : [];
  if (entries.length === 0) return out.line("Nobody is connected.");
  out.table(
    entries.map((entry) => ({
      host: text(entry.host),
      mode: text(entry.mode),
      version: text(entry.version),
      platform: text(entry.platform),
      reason: text(entry.reason),
      seen: ago(typeof entry.ts === "number" ? entry.ts : null, clock.now()),
      event: typeof entry.text === "string" ? entry.text : "",
    })),
  );
};

function text(value: unknown): string {
  return typeof value === "string" && value ? value : "-";
}
