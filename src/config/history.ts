import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { makeDirectory, readTextIfExists, storageError, writeFileAtomic } from "../state/index.ts";
import type { ConfigRevision } from "./contract.ts";

/** Every accepted config, by content (0600, it holds secrets): `<hash>.json5` and one line per revision in `index.jsonl`. */
export interface ConfigHistory {
  /** Newest first. */
  list(limit?: number): ConfigRevision[];
  latest(): ConfigRevision | null;
  record(raw: string, note: { at: number; author: string; reason: string }): void;
  /** @throws UserError CONFIG_REVISION_UNKNOWN when no or more than one revision begins so. */
  find(hashPrefix: string): { revision: ConfigRevision; raw: string };
  /** Text of a revision; null when its file is gone. */
  read(hash: string): string | null;
}

/** Lower-case hex SHA-256 of a text. */
export function hashOf(raw: string): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(raw, "utf8").digest("hex");
}

export function openHistory(dir: string): ConfigHistory {
  const indexPath = join(dir, "index.jsonl");
  const contentPath = (hash: string) => join(dir, `${hash}.json5`);
  const all = (): ConfigRevision[] => (readTextIfExists(indexPath) ?? "").split("\n").flatMap(parseLine);
  return {
    list: (limit = 100) => all().toReversed().slice(0, limit),
    latest: () => all().at(-1) ?? null,
    record(raw, note) {
      const hash = hashOf(raw);
      makeDirectory(dir);
      if (readTextIfExists(contentPath(hash)) !== raw) writeFileAtomic(contentPath(hash), raw);
      try {
        appendFileSync(indexPath, `${JSON.stringify({ hash, ...note })}\n`, { mode: 0o600, flush: true });
      } catch (error) {
        throw storageError(error, { action: "write", path: indexPath });
      }
    },
    find(prefix) {
      const wanted = prefix.toLowerCase();
      const found = all().filter((revision) => wanted && revision.hash.startsWith(wanted));
      const revision = found.at(-1);
      const raw = revision && readTextIfExists(contentPath(revision.hash));
      if (!revision || typeof raw !== "string" || new Set(found.map(({ hash }) => hash)).size > 1) {
        throw new UserError(
          "CONFIG_REVISION_UNKNOWN",
          found.length > 0 && raw !== null
            ? `${JSON.stringify(prefix)} stands for more than one revision`
            : `there is no revision ${JSON.stringify(prefix.slice(0, 80))}`,
          { hint: "list them with `openclaw config history`" },
        );
      }
      return { revision, raw };
    },
    read: (hash) => readTextIfExists(contentPath(hash)),
  };
}

/** A line torn by a crash is skipped: its revision was not confirmed to anybody. */
function parseLine(line: string): ConfigRevision[] {
  if (!line) return [];
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && typeof value["hash"] === "string" && /^[0-9a-f]{64}$/.test(value["hash"])
      ? [
          {
            hash: value["hash"],
            at: Number(value["at"]),
            author: String(value["author"]),
            reason: String(value["reason"]),
          },
        ]
      : [];
  } catch {
    return [];
  }
}
