import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { agentFolders } from "./detect.ts";
import { canonicalKey } from "./keys.ts";
import { readCommon } from "./read-common.ts";
import { parse } from "./read-json.ts";
import { readMachine, type Query, type Row } from "./read-machine.ts";
import type { LegacySource, SourceSession, SourceTranscript } from "./source.ts";
import { item } from "./work.ts";

/** Reads an installation of the SQLite era (legacy-state.md 2), from copies of its databases with their logs. */
export function readSqliteEra(dir: string): LegacySource {
  const common = readCommon(dir, "sqlite");
  const copies = mkdtempSync(join(tmpdir(), "openclaw-migrate-"));
  const open: DatabaseSync[] = [];
  const close = (): void => {
    for (const database of open.splice(0)) database.close();
    rmSync(copies, { recursive: true, force: true });
  };
  const openCopy = (path: string): Query => {
    common.claim(path);
    const copy = join(copies, `${open.length}.sqlite`);
    for (const suffix of ["", "-wal"]) {
      if (existsSync(join(dir, `${path}${suffix}`)))
        copyFileSync(join(dir, `${path}${suffix}`), `${copy}${suffix}`);
    }
    const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
    const database = new Database(copy);
    open.push(database);
    database.exec("PRAGMA trusted_schema=OFF");
    return (sql, ...params) => {
      try {
        return database.prepare(sql).all(...params);
      } catch (error) {
        // Another release of the same era: a table or column less is a part less, and is said.
        common.warnings.push(`${path}: ${messageOf(error)}; that part is left`);
        return [];
      }
    };
  };
  try {
    const shared = openCopy(join("state", "openclaw.sqlite").replaceAll("\\", "/"));
    const machine = readMachine(shared);
    const sessions: SourceSession[] = [];
    const transcripts: SourceTranscript[] = [];
    const left = [...common.left, ...machine.left];
    const logins = [...machine.logins];
    for (const { agentId, path } of agentDatabases(dir, shared)) {
      const query = openCopy(path);
      const read = readAgent({ query, agentId, mainKey: common.mainKey });
      sessions.push(...read.sessions);
      transcripts.push(...read.transcripts);
      for (const { id, reason } of read.left) left.push(item("waiting message", id, "left", { reason }));
      for (const row of query("SELECT store_key, store_json FROM auth_profile_store")) {
        const document = parse(row["store_json"]);
        if (isObject(document))
          logins.push({ agentId, source: `${path}#${String(row["store_key"])}`, document });
      }
    }
    const source: LegacySource = {
      ...common.base,
      ...machine,
      sessions,
      transcripts,
      logins,
      left,
      warnings: common.warnings,
      close,
    };
    source.left.push(
      ...common.unclaimed().map((row) =>
        // When the database exists it wins over files an earlier version left beside it.
        row.reason === "this version does not know this file" &&
        /^(agents|cron|devices|nodes|identity|credentials|telegram|subagents|settings)\//.test(row.id)
          ? { ...row, reason: "left behind by an earlier version; its database has what counts" }
          : row,
      ),
    );
    return source;
  } catch (error) {
    close();
    throw error;
  }
}

function agentDatabases(dir: string, shared: Query): Array<{ agentId: string; path: string }> {
  const usual = (agentId: string): string => `agents/${agentId}/agent/openclaw-agent.sqlite`;
  const listed = shared("SELECT agent_id, path FROM agent_databases").flatMap((row) => {
    const agentId = String(row["agent_id"]);
    // An absolute path is of the machine it was written on; the usual place holds after a move.
    const path = String(row["path"]).replaceAll("\\", "/");
    return [{ agentId, path: isAbsolute(path) || path.includes("..") ? usual(agentId) : path }];
  });
  const found = agentFolders(dir).map((agentId) => ({ agentId, path: usual(agentId) }));
  const all = new Map([...found, ...listed].map((each) => [each.path, each]));
  return [...all.values()].filter(
    ({ agentId, path }) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(agentId) && existsSync(join(dir, path)),
  );
}

function readAgent(options: { query: Query; agentId: string; mainKey: string }): {
  sessions: SourceSession[];
  transcripts: SourceTranscript[];
  left: Array<{ id: string; reason: string }>;
} {
  const { query, agentId, mainKey } = options;
  const ids = query("SELECT DISTINCT session_id FROM transcript_events ORDER BY session_id").map((row) =>
    String(row["session_id"]),
  );
  const transcripts = ids.map((id) => ({
    id,
    agentId,
    // Read at once: the copy is closed before the conversion is over.
    read: () =>
      query("SELECT event_json, event_zstd FROM transcript_events WHERE session_id = ? ORDER BY seq", id).map(
        readEvent,
      ),
  }));
  const sessions = query(
    "SELECT session_key, current_session_id, entry_json, updated_at, status, label, display_name, spawned_by FROM session_nodes ORDER BY session_key",
  ).map((row): SourceSession => {
    const oldKey = String(row["session_key"]);
    const key = canonicalKey(oldKey, { agentId, mainKey });
    const entry = parse(row["entry_json"]);
    const id = String(row["current_session_id"]);
    return {
      key,
      agentId: /^agent:([^:]+):/.exec(key)?.[1] ?? agentId,
      oldKeys: [oldKey],
      record: {
        ...(isObject(entry) ? entry : {}),
        sessionId: id,
        updatedAt: row["updated_at"],
        ...given("label", row["label"]),
        ...given("displayName", row["display_name"]),
        ...given("spawnedBy", row["spawned_by"]),
      },
      transcripts: ids.includes(id) ? [id] : [],
    };
  });
  const waiting = query("SELECT input_id, session_key FROM session_pending_inputs").map((row) => ({
    id: `${String(row["session_key"])}#${String(row["input_id"])}`,
    reason: "accepted by the old program and not answered: send it again",
  }));
  return { sessions, transcripts, left: waiting };
}

/** Rows that were not read for long are compressed. */
function readEvent(row: Row): unknown {
  if (typeof row["event_json"] === "string") return parse(row["event_json"]);
  const packed = row["event_zstd"];
  if (!(packed instanceof Uint8Array)) return null;
  try {
    return parse(zstdDecompressSync(packed).toString("utf8"));
  } catch {
    return null; // damaged; it is counted as left
  }
}

const given = (name: string, value: unknown): Row => (typeof value === "string" ? { [name]: value } : {});
