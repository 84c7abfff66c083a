import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../core/errors.ts";
import type { Paths } from "../state/index.ts";
import type { BackupKind } from "./manifest.ts";

export interface Selected {
  /** Below the state directory, `/` between segments. */
  name: string;
  /** Absolute. */
  path: string;
  kind: "file" | "directory";
}

export interface Selection {
  entries: Selected[];
  leftOut: Array<{ path: string; reason: string }>;
}

/** Names directly below the state directory that are made anew (OPS-003; `tools` by installing again), or come from a backup. */
const transientTop =
  /^(?:logs|cache|tmp|tools|sandboxes|status\.json|starts\.json|backup-schedule\.json|restore-hold\.json|backup-(?:info|manifest)\.json|gateway\.lock\.sqlite|gateway\.\d+\.lock)$/;
/** Temporary and lock files of ours, wherever they lie. */
const transientName = /^\..+\.tmp$|\.lock$|\.lock\.sqlite$|\.sqlite-(?:wal|shm|journal)$|^\.DS_Store$/;

/** What a minimal backup holds (OPS-001): what cannot be typed again, without conversations and workspace. */
const minimalTop = /^(?:openclaw\.json|\.env|gateway-token|credentials|identity|exec-approvals\.json)$/;
const minimalAgentFile = /^agents\/[^/]+\/agent\/auth-profiles\.json$/;

/**
 * Finds what a backup takes, in the order it is written. Links are not followed; sockets, devices and links are left
 * out with a reason. The configuration file is taken wherever it lies.
 */
export async function selectFiles(paths: Paths, kind: BackupKind): Promise<Selection> {
  const selection: Selection = { entries: [], leftOut: [] };
  const wanted = (name: string): boolean => {
    const [top = ""] = name.split("/");
    if (transientTop.test(top)) return false;
    // Below the workspace a file is the user's, whatever its name.
    if (top !== "workspace" && transientName.test(basename(name))) return false;
    return kind === "full" || minimalTop.test(top) || isOnTheWay(name);
  };

  const walk = async (folder: string, prefix: string): Promise<void> => {
    const names = await readdir(folder).catch((error: unknown) => {
      // Removed meanwhile, or not ours to read: the rest is worth having all the same.
      selection.leftOut.push({ path: prefix || ".", reason: `cannot be listed (${codeOf(error) ?? "?"})` });
      return [];
    });
    for (const base of names.sort()) {
      const name = prefix === "" ? base : `${prefix}/${base}`;
      if (!wanted(name)) continue;
      const path = join(folder, base);
      const info = await lstat(path).catch(() => null);
      if (info === null) continue;
      if (info.isDirectory()) {
        selection.entries.push({ name, path, kind: "directory" });
        await walk(path, name);
      } else if (info.isFile() || path === paths.configPath)
        selection.entries.push({ name, path, kind: "file" });
      else if (name !== "agents/default")
        selection.leftOut.push({
          path: name,
          reason: info.isSymbolicLink() ? "a link" : "not a regular file",
        });
    }
  };
  await walk(paths.stateDir, "");
  await addConfig(selection, paths);
  if (kind === "minimal") dropEmptyFolders(selection);
  return selection;
}

/** Folders above, and files that are, what a minimal backup takes below `agents`. */
function isOnTheWay(name: string): boolean {
  return /^agents(?:\/[^/]+(?:\/agent)?)?$/.test(name) || minimalAgentFile.test(name);
}

/** A configuration that lies elsewhere (OPENCLAW_CONFIG_PATH) is restored to its usual place. */
async function addConfig(selection: Selection, { configPath, stateDir }: Paths): Promise<void> {
  if (selection.entries.some(({ path }) => path === configPath)) return;
  const found = await lstat(configPath).catch(() => null);
  if (found === null) return;
  selection.entries = selection.entries.filter(({ name }) => name !== "openclaw.json");
  selection.entries.push({ name: "openclaw.json", path: configPath, kind: "file" });
  if (dirname(configPath) !== stateDir)
    selection.leftOut.push({ path: configPath, reason: "kept as openclaw.json in the backup" });
}

function dropEmptyFolders(selection: Selection): void {
  selection.entries = selection.entries.filter(
    ({ kind, name }) =>
      kind === "file" ||
      selection.entries.some((other) => other.kind === "file" && other.name.startsWith(`${name}/`)),
  );
}
