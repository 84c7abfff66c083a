import { readdirSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { codeOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists } from "../state/index.ts";
import type { Item } from "./contract.ts";
import { configNames } from "./detect.ts";
import { readObject } from "./read-json.ts";
import type { Fields, LegacySource } from "./source.ts";

/** What both eras share: config, `.env`, folders, and the account of files nobody claimed. */
export interface Common {
  base: Pick<LegacySource, "dir" | "era" | "version" | "config" | "dotenv" | "folders" | "workspaces">;
  mainKey: string;
  warnings: string[];
  left: Item[];
  /** Marks a file (relative path) as accounted for. */
  claim(path: string): void;
  /** A JSON object at a relative path, claimed. */
  json(path: string): Fields | null;
  /** Rows for every file that was not claimed. */
  unclaimed(): Item[];
}

/** Files by the reason they stay behind; the first pattern that matches holds. */
const reasons: ReadonlyArray<[RegExp, string, Item["kind"]?]> = [
  [/(^|\/)memory\/[^/]+\.sqlite$/, "rebuilt from the workspace", "memory index"],
  [/\.tmp-[^/]*$/, "temporary file of an interrupted write"],
  [
    /\.lock(\.sqlite)?$|\.(generation-lock|generation-writer|reindex-lock)\.sqlite$/,
    "lock of a program that is gone",
  ],
  [/-(wal|shm)$/, "read together with its database"],
  [/^(openclaw|moltbot|clawdbot)\.json\.(bak|last-good)/, "backup of the configuration"],
  [/\.bak(\.\d+)?$/, "backup"],
  [/^config-journal-fingerprint\.key$/, "key of another program's journal, of no use elsewhere"],
  [/(^|\/)models\.json$/, "rebuilt from the configuration"],
  [/^(logs|cache|tmp|completions|canvas|plugin-skills|migration)\//, "disposable"],
  [/^(browser|sandboxes?|sandbox)\//, "made again when it is needed"],
  [/^(extensions|hooks|plugins|tools)\//, "code for the other program"],
  [/^(update-check|restart-sentinel)\.json$/, "belongs to a run that is over"],
  [/^credentials\/github-copilot\.token\.json$/, "short-lived token, exchanged again"],
  [/^state\/openclaw-quarantine\.sqlite$/, "integrity notes of another program"],
];

/** What this program itself keeps in a state directory that both share. */
const ours =
  /^(ledger\.sqlite|gateway\.|config-history\/|migrations\/|identity\/|devices\/|nodes\/|channels\/|status\.json|credentials\/(\.key|[a-z0-9_-]+\.[^/]+\.json)|agents\/[^/]+\/session-store\.json|agents\/[^/]+\/sessions\/|settings\/)/;

export function readCommon(dir: string, era: "files" | "sqlite"): Common {
  const warnings: string[] = [];
  const left: Item[] = [];
  const claimed = new Set<string>();
  const claim = (path: string): void => void claimed.add(path);
  const name = configNames.find((each) => readTextIfExists(join(dir, each)) !== null);
  const text = name === undefined ? null : readTextIfExists(join(dir, name));
  const config = name !== undefined && text !== null ? { path: join(dir, name), text } : null;
  if (name !== undefined) claim(name);
  const data = parseConfig(text, warnings);
  claim(".env");
  const meta = isObject(data["meta"]) ? data["meta"] : {};
  const session = isObject(data["session"]) ? data["session"] : {};
  const top = entriesIn(dir);
  const workspaces = top.filter((each) => /^workspace(-.+)?$/.test(each));
  const folders = ["credentials/whatsapp", "media", "skills", "gateway/tls"]
    .map((path) => ({ path, absolute: join(dir, path) }))
    .filter(({ absolute }) => filesBelow(absolute).length > 0);
  const isBelow = (path: string): boolean =>
    [...workspaces, ...folders.map((each) => each.path)].some((folder) => path.startsWith(`${folder}/`));
  return {
    base: {
      dir,
      era,
      version: typeof meta["lastTouchedVersion"] === "string" ? meta["lastTouchedVersion"] : null,
      config,
      dotenv: readTextIfExists(join(dir, ".env")),
      folders,
      workspaces,
    },
    mainKey: typeof session["mainKey"] === "string" && session["mainKey"] ? session["mainKey"] : "main",
    warnings,
    left,
    claim,
    json(path) {
      claim(path);
      return readObject(join(dir, path), path, warnings);
    },
    unclaimed: () =>
      filesBelow(dir).flatMap((path): Item[] => {
        if (claimed.has(path) || isBelow(path)) return [];
        const known = reasons.find(([pattern]) => pattern.test(path));
        if (!known && ours.test(path)) return [];
        const [, reason, kind] = known ?? [null, "this version does not know this file"];
        return [{ kind: kind ?? "file", id: path, fate: "left", reason }];
      }),
  };
}

function parseConfig(text: string | null, warnings: string[]): Fields {
  if (text === null) return {};
  try {
    const value: unknown = JSON5.parse(text);
    return isObject(value) ? value : {};
  } catch {
    warnings.push("the configuration cannot be parsed and is left");
    return {};
  }
}

function entriesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Regular files below a folder, relative with `/`, sorted. Links are not followed (`readdir` itself would, recursively). */
export function filesBelow(dir: string, prefix = ""): string[] {
  try {
    return readdirSync(join(dir, prefix), { withFileTypes: true })
      .flatMap((entry) => {
        const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
        if (entry.isDirectory()) return filesBelow(dir, path);
        return entry.isFile() ? [path] : [];
      })
      .toSorted();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
