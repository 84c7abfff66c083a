import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { expandHome, isProcessAlive, processStartTime, type Paths } from "../state/index.ts";

export const configNames = ["openclaw.json", "moltbot.json", "clawdbot.json"] as const;

/** `sqlite` when the old database is there (it wins, legacy-state.md 2.1), `files` for the older layout, else null. */
export function eraOf(dir: string): "files" | "sqlite" | null {
  if (existsSync(join(dir, "state", "openclaw.sqlite"))) return "sqlite";
  const lists = [
    join(dir, "sessions"),
    ...agentFolders(dir).map((id) => join(dir, "agents", id, "sessions")),
  ];
  if (lists.some((folder) => existsSync(join(folder, "sessions.json")))) return "files";
  if (["cron/jobs.json", "credentials/oauth.json"].some((path) => existsSync(join(dir, path))))
    return "files";
  const wasUsed = agentFolders(dir).some((id) => existsSync(join(dir, "agents", id, "agent", "models.json")));
  return wasUsed || existsSync(join(dir, "clawdbot.json")) || existsSync(join(dir, "moltbot.json"))
    ? "files"
    : null;
}

export function agentFolders(dir: string): string[] {
  return namesIn(join(dir, "agents"), (entry) => entry.isDirectory());
}

/** Names in a folder, sorted; none when it does not exist. Links are left out. */
export function namesIn(
  dir: string,
  wanted: (entry: { isFile(): boolean; isDirectory(): boolean }) => boolean = () => true,
): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isSymbolicLink() && wanted(entry))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

/**
 * The old installation to migrate: the folder given, else the active state directory when old files are in it, else
 * `~/.clawdbot`, `~/.moltbot`.
 * @throws UserError MIGRATE_SOURCE_MISSING
 */
export function findSource(options: { paths: Paths; from?: string | undefined }): {
  dir: string;
  era: "files" | "sqlite";
} {
  const { paths, from } = options;
  const candidates =
    from === undefined
      ? [paths.stateDir, join(paths.home, ".clawdbot"), join(paths.home, ".moltbot")]
      : [resolve(expandHome(from, paths.home))];
  for (const dir of candidates) {
    const era = eraOf(dir);
    if (era !== null) return { dir, era };
  }
  throw new UserError(
    "MIGRATE_SOURCE_MISSING",
    `no older installation was found in ${candidates.join(", ")}`,
    { hint: "openclaw migrate plan --from <copy of the old ~/.openclaw>" },
  );
}

/**
 * Refuses while the old gateway still runs on the source: its lock names a living process with the same start time.
 * @throws UserError MIGRATE_SOURCE_BUSY
 */
export function refuseRunningSource(dir: string): void {
  const uid = userInfo().uid;
  const folders = [tmpdir(), join(dir, "tmp")].flatMap((base) =>
    ["openclaw", "moltbot", "clawdbot"].map((name) => join(base, `${name}-${uid}`)),
  );
  for (const folder of folders) {
    for (const name of namesIn(folder, (entry) => entry.isFile())) {
      if (!/^gateway\..+\.lock$/.test(name)) continue;
      const lock = firstObject(readFileSync(join(folder, name), "utf8"));
      const pid = lock?.["pid"];
      const isOurs =
        typeof lock?.["configPath"] === "string" && resolve(dirname(lock["configPath"])) === resolve(dir);
      if (typeof pid !== "number" || !isOurs || !isProcessAlive(pid)) continue;
      // A lock outlives its program; only the start time tells whether the process is still the same one.
      if (lock?.["startTime"] !== undefined && lock["startTime"] !== processStartTime(pid)) continue;
      throw new UserError("MIGRATE_SOURCE_BUSY", `the old gateway (pid ${pid}) is still running on ${dir}`, {
        hint: `stop it first: kill ${pid}`,
        details: { pid },
      });
    }
  }
}

/** A lock file may be followed by padding: only the first JSON value counts. */
function firstObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.slice(0, text.lastIndexOf("}") + 1));
    return isObject(value) ? value : null;
  } catch {
    return null; // torn: it proves nothing
  }
}
