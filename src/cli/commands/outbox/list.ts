import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag, integer, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { printableLine, truncate } from "../../terminal.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const state = text(options, "state");
  const limit = integer(options, "limit", { min: 1, max: 1000, default: 100 });
  const answer = await callGateway(context, {
    method: "outbox.list",
    params: { limit, ...(state === undefined ? {} : { state }) },
  });
  if (flag(options, "json")) return out.json(answer);
  const rows = isObject(answer) && Array.isArray(answer.deliveries) ? answer.deliveries.filter(isObject) : [];
  if (rows.length === 0)
    return out.line(state === undefined ? "Everything is sent." : `Nothing is ${state}.`);
  out.table(
    rows.map((row) => {
      const target = isObject(row.target) ? row.target : {};
      const content = isObject(row.content) ? String(row.content.kind) : "message";
      return {
        key: String(row.key),
        state: String(row.state),
        to: `${String(target.channel)}:${String(target.to)}`,
        tries: String(row.attempts),
        age: ago(typeof row.createdAt === "number" ? row.createdAt : null, clock.now()),
        what: content === "message" ? truncate(printableLine(String(row.text)), 40) : content,
        error: typeof row.lastError === "string" ? truncate(printableLine(row.lastError), 60) : "",
      };
    }),
  );
  if (rows.some((row) => row.state === "unknown"))
    out.note(
      "unknown: look whether it arrived, then `openclaw outbox retry <key>` or `openclaw outbox drop <key>`",
    );
};
