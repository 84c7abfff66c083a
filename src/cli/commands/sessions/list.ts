import { isObject } from "../../../core/json.ts";
import { sessionKind } from "../../../core/session-key.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { ago, count, show } from "../../format.ts";
import { flag, integer, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

interface Row {
  key: string;
  kind: string;
  label: string | null;
  updatedAt: number | null;
  totalTokens: number;
  model: string | null;
}

interface Query {
  limit: number;
  agentId?: string;
  activeMinutes?: number;
}

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const agentId = text(options, "agent");
  const activeMinutes = integer(options, "active", { min: 1, max: 5_256_000 });
  const query: Query = {
    limit: integer(options, "limit", { min: 1, max: 10_000, default: 50 }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(activeMinutes === undefined ? {} : { activeMinutes }),
  };
  const rows = context.globals.url ? await remoteRows(context, query) : await localRows(context, query);
  if (flag(options, "json")) return out.json({ count: rows.length, sessions: rows });
  if (rows.length === 0) return out.line("No conversations yet.");
  out.table(
    rows.map((row) => ({
      key: row.key,
      kind: row.kind,
      updated: ago(row.updatedAt, clock.now()),
      tokens: count(row.totalTokens),
      model: row.model ?? "-",
      label: row.label ?? "",
    })),
  );
};

async function localRows({ app, paths, env }: CommandContext, query: Query): Promise<Row[]> {
  const state = await (await app()).openLocalState({ paths, env });
  try {
    return state.sessions.list({ ...query, includeGlobal: true, includeUnknown: true }).map((record) => ({
      key: record.key,
      kind: sessionKind(record.key),
      label: record.label ?? record.displayName,
      updatedAt: record.updatedAt,
      totalTokens: record.usage.total,
      model: record.model,
    }));
  } finally {
    await state.close();
  }
}

async function remoteRows(context: CommandContext, query: Query): Promise<Row[]> {
  const answer = await callGateway(context, {
    method: "sessions.list",
    params: { ...query, includeGlobal: true, includeUnknown: true },
  });
  const list = isObject(answer) && Array.isArray(answer.sessions) ? answer.sessions.filter(isObject) : [];
  return list.map((row) => ({
    key: String(row.key),
    kind: show(row.kind, "unknown"),
    label: typeof row.label === "string" ? row.label : null,
    updatedAt: typeof row.updatedAt === "number" ? row.updatedAt : null,
    totalTokens: typeof row.totalTokens === "number" ? row.totalTokens : 0,
    model: typeof row.model === "string" ? row.model : null,
  }));
}
