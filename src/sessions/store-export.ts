import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LedgerDb } from "../ledger/index.ts";
import { writeFileAtomicAsync } from "../state/index.ts";
import type { SessionRecord } from "./contract.ts";
import { listSessions } from "./records.ts";

const minDelayMs = 2000;
/** A large store is written less often: at most this share of the time goes into it. */
const maxShare = 0.02;

/** A record as `session-store.json` shows it: the field names scripts know from `sessions.json`. */
export function toStoreEntry(record: SessionRecord): Record<string, unknown> {
  const entry: Record<string, unknown> = {
    sessionId: record.sessionId,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    label: record.label,
    displayName: record.displayName,
    channel: record.channel,
    chatType: record.chatType,
    spawnedBy: record.spawnedBy,
    deliveryContext: record.route,
    ...record.settings,
    modelProvider: record.provider,
    model: record.model,
    modelOverride: record.settings.model,
    contextTokens: record.contextTokens,
    inputTokens: record.usage.input,
    outputTokens: record.usage.output,
    totalTokens: record.usage.total,
    compactionCount: record.compactions,
    abortedLastRun: record.abortedLastRun,
  };
  return Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== null && value !== undefined),
  );
}

/**
 * Keeps `agents/<agentId>/session-store.json` (CONF-08) a little behind the ledger, for people and scripts. It is an
 * export: nobody but the first start without a ledger reads it, and failing to write it fails nothing else.
 */
export function createStoreExport(options: {
  db: LedgerDb;
  agentsDir: string;
  clock: Clock;
  logger: Logger;
}): { changed: (agentId: string) => void; close: () => Promise<void> } {
  const { db, agentsDir, clock, logger } = options;
  const dirty = new Set<string>();
  let cancel: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();
  let delayMs = minDelayMs;

  const schedule = (): void => {
    cancel ??= clock.after(delayMs, () => {
      cancel = null;
      void flush();
    });
  };
  const flush = (): Promise<void> => {
    const agents = [...dirty];
    dirty.clear();
    writing = writing.then(async () => {
      for (const agentId of agents) await write(agentId);
    });
    return writing;
  };
  async function write(agentId: string): Promise<void> {
    const started = clock.monotonic();
    const path = join(agentsDir, agentId, "session-store.json");
    try {
      const records = db.read((sql) =>
        listSessions(sql, { agentId, includeGlobal: true, includeUnknown: true }, clock.now()),
      );
      const store = Object.fromEntries(records.map((record) => [record.key, toStoreEntry(record)]));
      await writeFileAtomicAsync(path, `${JSON.stringify(store, null, 2)}\n`);
    } catch (error) {
      logger.warn("the session list could not be exported", { path, error: messageOf(error) });
    }
    delayMs = Math.max(minDelayMs, (clock.monotonic() - started) / maxShare);
  }

  return {
    changed(agentId) {
      dirty.add(agentId);
      schedule();
    },
    async close() {
      cancel?.();
      cancel = null;
      await flush();
    },
  };
}
