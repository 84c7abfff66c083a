import {
  thinkingLevels,
  noUsage,
  addUsage,
  textOf,
  type TranscriptEntry,
  type Usage,
} from "../core/conversation.ts";
import { UserError } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { SqlReader, SqlValue, SqlWriter } from "../ledger/index.ts";
import type { SessionListQuery, SessionRecord, SessionSettings } from "./contract.ts";
import { distinctFileName, transcriptFileName } from "./file-name.ts";

export interface SessionColumns {
  key: string;
  agent_id: string;
  session_id: string;
  created_at: number;
  updated_at: number;
  label: string | null;
  display_name: string | null;
  channel: string | null;
  chat_type: string | null;
  settings: string;
  route: string | null;
  spawned_by: string | null;
  usage: string;
  context_tokens: number;
  provider: string | null;
  model: string | null;
  compactions: number;
  aborted_last_run: number;
  last_preview: string | null;
  first_text: string | null;
}

export function toRecord(row: SessionColumns): SessionRecord {
  return {
    key: row.key,
    agentId: row.agent_id,
    sessionId: row.session_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    label: row.label,
    displayName: row.display_name,
    channel: row.channel,
    chatType: row.chat_type,
    settings: JSON.parse(row.settings) as SessionSettings,
    route: row.route === null ? null : (JSON.parse(row.route) as JsonObject),
    spawnedBy: row.spawned_by,
    usage: JSON.parse(row.usage) as Usage,
    contextTokens: row.context_tokens,
    provider: row.provider,
    model: row.model,
    compactions: row.compactions,
    abortedLastRun: row.aborted_last_run === 1,
    lastPreview: row.last_preview,
    firstText: row.first_text,
  };
}

export function findSession(sql: SqlReader, key: string): SessionRecord | null {
  const row = sql.get<SessionColumns>("SELECT * FROM sessions WHERE key = ?", key);
  return row ? toRecord(row) : null;
}

/** The session id of a key, made with a transcript name of its own when absent. */
export function openSession(
  sql: SqlWriter,
  session: { key: string; agentId: string; now: number },
): { sessionId: string; isNew: boolean } {
  const { key, agentId, now } = session;
  const found = sql.get<{ session_id: string }>("SELECT session_id FROM sessions WHERE key = ?", key);
  if (found) return { sessionId: found.session_id, isNew: false };
  const sessionId = uuid();
  sql.run(
    "INSERT INTO sessions (key, agent_id, session_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
    key,
    agentId,
    sessionId,
    now,
    now,
  );
  addTranscript(sql, { key, agentId, sessionId });
  return { sessionId, isNew: true };
}

/** Gives a session id a file name that no other session of the agent has, also where case does not count. */
export function addTranscript(
  sql: SqlWriter,
  session: { key: string; agentId: string; sessionId: string },
): void {
  const { key, agentId, sessionId } = session;
  const isTaken = (file: string): boolean =>
    sql.get("SELECT 1 FROM transcripts WHERE agent_id = ? AND file = ?", agentId, file) !== undefined;
  const plain = transcriptFileName(key);
  sql.run(
    "INSERT INTO transcripts (session_id, session_key, agent_id, file) VALUES (?, ?, ?, ?)",
    sessionId,
    key,
    agentId,
    isTaken(plain) ? distinctFileName(key) : plain,
  );
}

const previewLength = 200;
export const preview = (entry: TranscriptEntry): string | null => {
  const text = textOf(entry.content).replaceAll(/\s+/g, " ").trim();
  return text === "" ? null : text.slice(0, previewLength);
};

/** Lets a session's record say what it said before an entry that is taken back. */
export function followRewind(
  sql: SqlWriter,
  session: { key: string; sessionId: string },
  before: { isFirst: boolean; contextTokens: number },
): void {
  sql.run(
    `UPDATE sessions SET context_tokens = ?, first_text = CASE ? WHEN 1 THEN NULL ELSE first_text END
     WHERE key = ? AND session_id = ?`,
    before.contextTokens,
    before.isFirst ? 1 : 0,
    session.key,
    session.sessionId,
  );
}

/** Tokens of the prompt that an answer was made from; null when it was not counted. */
export function promptOf({ role, usage }: TranscriptEntry): number | null {
  return role === "assistant" && usage && usage.total > 0
    ? usage.input + usage.cacheRead + usage.cacheWrite
    : null;
}

/** Lets a session's record follow entries appended to its current transcript. */
export function followEntries(
  sql: SqlWriter,
  session: { key: string; sessionId: string; now: number },
  appended: readonly TranscriptEntry[],
): void {
  const entries = appended.filter(({ kind }) => kind !== "aside");
  if (entries.length === 0) return;
  const spoken = entries.filter(
    (entry) => (entry.role === "user" || entry.role === "assistant") && preview(entry) !== null,
  );
  const last = spoken.at(-1);
  const first = spoken.find((entry) => entry.role === "user");
  const answered = entries.findLast((entry) => promptOf(entry) !== null);
  sql.run(
    `UPDATE sessions SET updated_at = max(updated_at, ?), last_preview = coalesce(?, last_preview),
       first_text = coalesce(first_text, ?), context_tokens = coalesce(?, context_tokens),
       provider = coalesce(?, provider), model = coalesce(?, model), compactions = compactions + ?
     WHERE key = ? AND session_id = ?`,
    session.now,
    last ? preview(last) : null,
    first ? preview(first) : null,
    answered ? promptOf(answered) : null,
    answered?.provider ?? null,
    answered?.model ?? null,
    entries.filter((entry) => entry.kind === "compaction").length,
    session.key,
    session.sessionId,
  );
}

/** Adds a finished run to its session and to the day it ended on. */
export function followOutcome(sql: SqlWriter, outcome: RunOutcome): void {
  const row = sql.get<{ usage: string }>(
    "SELECT usage FROM sessions WHERE key = ? AND session_id = ?",
    outcome.sessionKey,
    outcome.sessionId,
  );
  // A run that says nothing leaves the conversation where it was, whichever model looked.
  const told = outcome.reason === "silent" ? null : outcome;
  if (row)
    sql.run(
      `UPDATE sessions SET updated_at = max(updated_at, ?), usage = ?, aborted_last_run = ?,
         provider = coalesce(?, provider), model = coalesce(?, model) WHERE key = ?`,
      told?.endedAt ?? 0,
      JSON.stringify(addUsage(JSON.parse(row.usage) as Usage, outcome.usage)),
      outcome.status === "aborted" ? 1 : 0,
      told?.provider ?? null,
      told?.model ?? null,
      outcome.sessionKey,
    );
  addDailyUsage(sql, outcome.usage, outcome.endedAt);
}

export function addDailyUsage(sql: SqlWriter, usage: Usage, at: number): void {
  if (usage.total === 0 && usage.cost === undefined) return;
  const date = new Date(at).toISOString().slice(0, 10);
  const row = sql.get<{ usage: string }>("SELECT usage FROM usage_daily WHERE date = ?", date);
  sql.run(
    `INSERT INTO usage_daily (date, usage, missing_cost) VALUES (?, ?, ?)
     ON CONFLICT (date) DO UPDATE SET usage = excluded.usage, missing_cost = missing_cost + excluded.missing_cost`,
    date,
    JSON.stringify(addUsage(row ? (JSON.parse(row.usage) as Usage) : noUsage, usage)),
    usage.cost === undefined ? 1 : 0,
  );
}

export function usageByDay(
  sql: SqlReader,
  days: number,
  now: number,
): Array<{ date: string; usage: Usage; missingCostEntries: number }> {
  const since = new Date(now - Math.max(0, days - 1) * 86_400_000).toISOString().slice(0, 10);
  return sql
    .all<{ date: string; usage: string; missing_cost: number }>(
      "SELECT * FROM usage_daily WHERE date >= ? ORDER BY date",
      since,
    )
    .map((row) => ({
      date: row.date,
      usage: JSON.parse(row.usage) as Usage,
      missingCostEntries: row.missing_cost,
    }));
}

/** The condition a list asks for. */
function conditionOf(query: SessionListQuery, now: number): { filter: string; values: SqlValue[] } {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where = (condition: string, ...params: SqlValue[]): void => {
    conditions.push(condition);
    values.push(...params);
  };
  if (query.agentId !== undefined) where("agent_id = ?", query.agentId);
  if (query.activeMinutes !== undefined) where("updated_at >= ?", now - query.activeMinutes * 60_000);
  if (query.label !== undefined) where("label = ?", query.label);
  if (query.spawnedBy !== undefined) where("spawned_by = ?", query.spawnedBy);
  if (!query.includeGlobal) where("key <> 'global'");
  if (!query.includeUnknown) where("key <> 'unknown'");
  if (query.search !== undefined && query.search.trim() !== "") {
    const pattern = `%${query.search.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const columns = ["key", "label", "display_name", "session_id", "first_text"];
    where(
      `(${columns.map((column) => String.raw`${column} LIKE ? ESCAPE '\'`).join(" OR ")})`,
      ...columns.map(() => pattern),
    );
  }
  return { filter: conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "", values };
}

/** Sessions a query names, most recently updated first. */
export function listSessions(sql: SqlReader, query: SessionListQuery, now: number): SessionRecord[] {
  const { filter, values } = conditionOf(query, now);
  return sql
    .all<SessionColumns>(
      `SELECT * FROM sessions ${filter} ORDER BY updated_at DESC, key DESC LIMIT ? OFFSET ?`,
      ...values,
      query.limit ?? -1,
      query.offset ?? 0,
    )
    .map(toRecord);
}

/** How many a list would have without limit and offset. */
export function countSessions(sql: SqlReader, query: SessionListQuery, now: number): number {
  const { filter, values } = conditionOf(query, now);
  return sql.get<{ n: number }>(`SELECT count(*) AS n FROM sessions ${filter}`, ...values)?.n ?? 0;
}

const closedSettings: Partial<Record<keyof SessionSettings, readonly string[]>> = {
  thinkingLevel: thinkingLevels,
  sendPolicy: ["allow", "deny"],
  groupActivation: ["mention", "always"],
  queueMode: ["collect", "followup", "steer", "interrupt"],
};
const openSettings = new Set<string>([
  "verboseLevel",
  "reasoningLevel",
  "responseUsage",
  "elevatedLevel",
  "execHost",
  "execSecurity",
  "execAsk",
  "execNode",
  "model",
]);

/**
 * Settings with a change applied: null and undefined remove a setting.
 * @throws UserError SESSION_SETTING_INVALID for unknown settings and values outside a closed list.
 */
export function mergeSettings(
  settings: SessionSettings,
  change: Partial<Record<keyof SessionSettings, unknown>>,
): SessionSettings {
  const merged: Record<string, unknown> = { ...settings };
  for (const [name, value] of Object.entries(change)) {
    const allowed = Object.hasOwn(closedSettings, name)
      ? closedSettings[name as keyof SessionSettings]
      : undefined;
    if (!allowed && !openSettings.has(name)) throw invalid(name, value, "there is no such setting");
    if (value === null || value === undefined) {
      delete merged[name];
      continue;
    }
    if (typeof value !== "string" || value === "" || value.length > 200)
      throw invalid(name, value, "it must be a short text");
    if (allowed && !allowed.includes(value)) throw invalid(name, value, `use one of ${allowed.join(", ")}`);
    merged[name] = value;
  }
  return merged;
}

function invalid(name: string, value: unknown, why: string): UserError {
  const shown = JSON.stringify(value) ?? String(value);
  return new UserError(
    "SESSION_SETTING_INVALID",
    `session setting ${name} cannot be ${shown.slice(0, 80)}: ${why}`,
    {
      hint: "see the settings in the sessions.patch reference",
    },
  );
}
