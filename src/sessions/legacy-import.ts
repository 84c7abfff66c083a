import { readdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import { noUsage } from "../core/conversation.ts";
import type { LedgerDb, SqlWriter } from "../ledger/index.ts";
import { readTextIfExists } from "../state/index.ts";
import type { SessionSettings } from "./contract.ts";
import { addTranscript, mergeSettings } from "./records.ts";

type Entry = Record<string, unknown>;

/**
 * Takes session records over from `agents/<id>/session-store.json` (ours) or `agents/<id>/sessions/sessions.json`
 * (older programs, legacy-state.md 1.3) when the ledger has no session at all. A file that cannot be read is left out
 * with a warning. Transcripts stay where they are: ours are found again by name, others wait for the importer.
 */
export async function importLegacyStores(options: {
  db: LedgerDb;
  agentsDir: string;
  logger: Logger;
}): Promise<number> {
  const { db, agentsDir, logger } = options;
  const isFresh = db.read((sql) => sql.get("SELECT 1 FROM sessions LIMIT 1") === undefined);
  if (!isFresh) return 0;
  const found = new Map<string, { agentId: string; entry: Entry }>();
  for (const agentId of agentFolders(agentsDir)) {
    for (const path of [
      join(agentsDir, agentId, "session-store.json"),
      join(agentsDir, agentId, "sessions", "sessions.json"),
    ]) {
      for (const [rawKey, entry] of readStore(path, logger)) {
        const key = canonicalKey(rawKey, agentId);
        const earlier = found.get(key);
        // The same conversation may be listed as `main` and `agent:main:main`: the one used last is the live one.
        if (!earlier || time(entry["updatedAt"], 0) > time(earlier.entry["updatedAt"], 0))
          found.set(key, { agentId: /^agent:([^:]+):/.exec(key)?.[1] ?? agentId, entry });
      }
    }
  }
  if (found.size === 0) return 0;
  await db.write((sql) => {
    for (const [key, { agentId, entry }] of found) insertLegacyRecord(sql, { key, agentId, entry });
  });
  logger.info("session records were taken over from an earlier program", { sessions: found.size });
  return found.size;
}

function agentFolders(agentsDir: string): string[] {
  try {
    return (
      readdirSync(agentsDir, { withFileTypes: true })
        // Not links: `agents/default` points at `main`.
        .filter((entry) => entry.isDirectory() && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(entry.name))
        .map((entry) => entry.name)
    );
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function readStore(path: string, logger: Logger): Array<[string, Entry]> {
  try {
    const text = readTextIfExists(path);
    const store: unknown = text === null ? {} : JSON.parse(text);
    if (!isObject(store)) throw new Error("it is not a JSON object");
    return Object.entries(store).flatMap(([key, entry]) =>
      isObject(entry) && key.length <= 512 && !/[\u0000-\u001f\u007f]/.test(key) ? [[key, entry]] : [],
    );
  } catch (error) {
    logger.warn("a list of sessions could not be read and is left out", { path, error: messageOf(error) });
    return [];
  }
}

/** Old lists hold bare keys too: `main`, `group:…`, `cron:…`. */
function canonicalKey(key: string, agentId: string): string {
  if (key === "global" || key === "unknown") return key;
  const match = /^agent:([^:]+):(.+)$/s.exec(key);
  const owner = match?.[1]?.toLowerCase();
  return owner && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(owner)
    ? `agent:${owner}:${match?.[2]}`
    : `agent:${agentId}:${key}`;
}

/** Makes the row of a session from its entry in an older list (legacy-state.md 1.3), and a name for its transcript. */
export function insertLegacyRecord(
  sql: SqlWriter,
  { key, agentId, entry }: { key: string; agentId: string; entry: Entry },
): void {
  const updatedAt = time(entry["updatedAt"], 0);
  const wanted = text(entry["sessionId"]) ?? uuid();
  const isTaken = sql.get("SELECT 1 FROM transcripts WHERE session_id = ?", wanted) !== undefined;
  const sessionId = isTaken ? uuid() : wanted;
  const usage = {
    ...noUsage,
    input: count(entry["inputTokens"]),
    output: count(entry["outputTokens"]),
    total: count(entry["totalTokens"]),
  };
  const route = isObject(entry["deliveryContext"]) ? JSON.stringify(entry["deliveryContext"]) : null;
  sql.run(
    `INSERT INTO sessions (key, agent_id, session_id, created_at, updated_at, label, display_name, channel, chat_type,
       settings, route, spawned_by, usage, context_tokens, provider, model, compactions, aborted_last_run)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    agentId,
    sessionId,
    time(entry["createdAt"], updatedAt),
    updatedAt,
    text(entry["label"])?.slice(0, 64) ?? null,
    text(entry["displayName"]),
    text(entry["channel"]) ?? text(entry["lastChannel"]),
    text(entry["chatType"]),
    JSON.stringify(settingsOf(entry)),
    route,
    text(entry["spawnedBy"]),
    JSON.stringify(usage),
    count(entry["contextTokens"]),
    text(entry["modelProvider"]),
    text(entry["model"]),
    count(entry["compactionCount"]),
    entry["abortedLastRun"] === true ? 1 : 0,
  );
  addTranscript(sql, { key, agentId, sessionId });
}

const settingNames = [
  "thinkingLevel",
  "verboseLevel",
  "reasoningLevel",
  "responseUsage",
  "elevatedLevel",
  "execHost",
  "execSecurity",
  "execAsk",
  "execNode",
  "sendPolicy",
  "groupActivation",
  "queueMode",
] as const;

function settingsOf(entry: Entry): SessionSettings {
  let settings: SessionSettings = {};
  const override = text(entry["modelOverride"]);
  const provider = text(entry["providerOverride"]);
  const model = override && provider && !override.includes("/") ? `${provider}/${override}` : override;
  for (const [name, value] of [
    ...settingNames.map((name) => [name, entry[name]] as const),
    ["model", model] as const,
  ]) {
    if (typeof value !== "string") continue;
    try {
      settings = mergeSettings(settings, { [name]: value });
    } catch {
      // A value this program does not know: the default holds, as it would for a new session.
      continue;
    }
  }
  return settings;
}

const text = (value: unknown): string | null =>
  typeof value === "string" && value !== "" && value.length <= 512 ? value : null;
const count = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.floor(value) : 0);
const time = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : otherwise;
