import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../core/json.ts";
import type { Check, CheckContext, Step } from "../contract.ts";
import { agentFolders, bytesOf, filesIn, look } from "../disk.ts";
import { openLedgerCopy } from "../ledger-copy.ts";

/** A running gateway keeps the list a little behind its ledger; sessions younger than this need not stand in it yet. */
const behindMs = 60_000;

/** CONF-08: the export people and scripts read. The ledger has what belongs in it. */
export const sessionStore: Check = {
  id: "session-store",
  title: "List of sessions is missing or damaged",
  severity: "warning",
  surface: "doctor",
  mends: "written anew from the ledger; a damaged list of which the ledger knows nothing is put aside",
  dependsOn: ["state-dir", "ledger"],
  async inspect(context) {
    const { paths, running } = context;
    const known = await recordsByAgent(context);
    return [...new Set([...agentFolders(paths.agentsDir), ...known.keys()])].flatMap((id) => {
      const path = join(paths.agentsDir, id, "session-store.json");
      const bytes = bytesOf(path);
      const store = known.get(id);
      if (bytes === null ? !store : isJsonObject(bytes)) return [];
      if (bytes === null && running && store && context.clock.now() - store.since < behindMs) return [];
      const evidence = bytes === null ? `${path} is missing` : `${path} is not a JSON object`;
      if (running) return [{ evidence, fix: "the running gateway writes it with the next message" }];
      const step: Step = store
        ? { kind: "write", path, bytes: store.bytes, mode: 0o600 }
        : { kind: "delete", path };
      const tick = store ? "session list written anew" : "session list put aside";
      return [
        { evidence, fix: "openclaw doctor --repair", repair: { level: "recommended", tick, steps: [step] } },
      ];
    });
  },
};

/** What the list of each agent with sessions should hold, and since when (epoch ms) there is something to hold. */
async function recordsByAgent({
  paths,
  running,
  wants,
}: CheckContext): Promise<Map<string, { bytes: Buffer; since: number }>> {
  using ledger = openLedgerCopy(paths, { live: running !== null, deep: wants.deep });
  const stores = new Map<string, { bytes: Buffer; since: number }>();
  if (!ledger?.has("sessions") || ledger.all("SELECT 1 FROM sessions LIMIT 1").length === 0) return stores;
  const { openSessionsReadOnly, toStoreEntry } = await import("../../sessions/index.ts");
  const reader = await openSessionsReadOnly({ paths: { ...paths, ledgerPath: ledger.path } });
  const records = reader?.list({ includeGlobal: true, includeUnknown: true }) ?? [];
  reader?.close();
  for (const [agentId, list] of Map.groupBy(records, (record) => record.agentId)) {
    const store = Object.fromEntries(list.map((record) => [record.key, toStoreEntry(record)]));
    stores.set(agentId, {
      bytes: Buffer.from(`${JSON.stringify(store, null, 2)}\n`),
      since: Math.min(...list.map((record) => record.createdAt)),
    });
  }
  return stores;
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    return isObject(JSON.parse(bytes.toString("utf8")));
  } catch {
    return false; // which is the finding
  }
}

const recentMs = 30 * 24 * 3600 * 1000;

/** DOC-039, DOC-040: sessions whose file is gone, and a main session that does not grow. */
export const transcriptsMissing: Check = {
  id: "transcripts-missing",
  title: "Sessions without their transcript",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: restore the file from a backup, or reset the session",
  dependsOn: ["state-dir", "ledger"],
  inspect({ paths, clock, running, wants }) {
    using ledger = openLedgerCopy(paths, { live: running !== null, deep: wants.deep });
    if (!ledger?.has("transcripts")) return [];
    const rows = ledger.all(
      `SELECT s.key AS key, t.agent_id AS agent, t.file AS file FROM sessions s JOIN transcripts t ON t.session_id = s.session_id
       WHERE t.archived_at IS NULL AND t.moved_from IS NULL AND t.doomed = 0 AND s.updated_at > ${Math.floor(clock.now() - recentMs)}
         AND json_extract(s.usage, '$.total') > 0
         AND NOT EXISTS (SELECT 1 FROM transcript_pending p WHERE p.session_id = s.session_id)
       ORDER BY s.updated_at DESC LIMIT 200`,
    );
    const gone = rows.filter(
      (row) => !existsSync(join(paths.agentsDir, String(row["agent"]), "sessions", String(row["file"]))),
    );
    if (gone.length === 0) return [];
    const names = gone.slice(0, 5).map((row) => String(row["key"]));
    return [
      {
        evidence: `${gone.length} of the sessions used last have no file: ${names.join(", ")}`,
        fix: "restore agents/*/sessions from a backup, or openclaw sessions reset <key>",
      },
    ];
  },
};

/** DOC-040 */
export const mainStands: Check = {
  id: "main-session",
  title: "The main session does not accumulate",
  severity: "info",
  surface: "doctor",
  mends: "by hand: look whether something resets it",
  dependsOn: ["state-dir"],
  inspect({ paths }) {
    return agentFolders(paths.agentsDir).flatMap((id) => {
      const folder = join(paths.agentsDir, id, "sessions");
      const path = join(folder, "main.jsonl");
      // A longer file has more than one line.
      if ((look(path)?.size ?? 0) > 64 * 1024) return [];
      const lines = bytesOf(path)?.toString("utf8").split("\n").filter(Boolean).length;
      const archived = filesIn(folder).some((name) => /[/\\]main\.jsonl\.(?:reset|deleted)/.test(name));
      return lines === 1 && !archived
        ? [{ evidence: `${path} has one line only`, fix: "openclaw why agent:" + id + ":main" }]
        : [];
    });
  },
};
