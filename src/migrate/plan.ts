import type { Clock } from "../core/clock.ts";
import type { LoginStore } from "../models/index.ts";
import type { Env, Paths } from "../state/index.ts";
import type { FateCount, Item, ItemKind, Receipt } from "./contract.ts";
import { findSource, refuseRunningSource } from "./detect.ts";
import { planConfig } from "./plan-config.ts";
import { planConversations } from "./plan-conversations.ts";
import { planDocuments, samePlace } from "./plan-documents.ts";
import { planJobs } from "./plan-jobs.ts";
import { planLogins } from "./plan-logins.ts";
import { readFilesEra } from "./read-files.ts";
import { readSqliteEra } from "./read-sqlite.ts";
import { openTarget } from "./target.ts";
import { emptyWork, type Work } from "./work.ts";

export interface MigrateInput {
  paths: Paths;
  env: Env;
  clock: Clock;
  logins: LoginStore;
  /** The old state directory; found when absent. */
  from?: string | undefined;
}

/** Reads the old installation and works out what would be written. Changes nothing on either side. */
export async function makePlan(input: MigrateInput): Promise<{ receipt: Receipt; work: Work }> {
  const { paths, env, clock, logins } = input;
  const { dir, era } = findSource({ paths, from: input.from });
  refuseRunningSource(dir);
  const source = era === "sqlite" ? readSqliteEra(dir) : readFilesEra(dir);
  const target = await openTarget({ paths, logins });
  try {
    const work = emptyWork();
    const now = clock.now();
    const config = planConfig({ source, work, paths, env });
    const talk = await planConversations({ source, target, work });
    const items = [
      ...talk.items,
      ...(await planJobs({ source, target, work, now })),
      ...planLogins({ source, target, work, paths, config: config.config }),
      ...planDocuments({ source, work, paths, now }),
      ...config.items,
      ...source.left,
    ];
    const warnings = [...source.warnings, ...config.warnings];
    if (samePlace(source, paths) && source.era === "files" && source.logins.length > 0)
      warnings.push(
        `logins also stay in plain text in ${source.logins.map((each) => each.source).join(", ")}: remove them when all works`,
      );
    const counts = { ...countItems(items), message: talk.messages, note: talk.notes };
    return {
      receipt: {
        version: 1,
        id: "",
        state: "applying",
        at: new Date(now).toISOString(),
        from: { dir, era, version: source.version },
        to: paths.stateDir,
        counts,
        leftInTranscripts: talk.left,
        addedEntries: talk.added,
        changes: Object.entries(work).reduce(
          (sum, [name, list]) => (name === "images" ? sum : sum + list.length),
          0,
        ),
        items,
        warnings,
      },
      work,
    };
  } finally {
    target.close();
    source.close();
  }
}

function countItems(items: readonly Item[]): Partial<Record<ItemKind, FateCount>> {
  const counts: Partial<Record<ItemKind, FateCount>> = {};
  for (const { kind, fate } of items) {
    const count = (counts[kind] ??= { found: 0, carried: 0, transformed: 0, left: 0 });
    count.found++;
    count[fate]++;
  }
  return counts;
}
