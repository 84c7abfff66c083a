import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isObject, type JsonValue } from "../../core/json.ts";
import type { SandboxRow, SandboxScope, SandboxSettings, SandboxSubject } from "./contract.ts";

/** What lies on disk of the sandboxes of one state directory: `<folder>/<id>/{box.json, workspace, home}`. */

const scopes: readonly SandboxScope[] = ["session", "agent", "shared"];
const countedFiles = 10_000;

/** Which sandbox a session uses: one of its own, its agent's, or the one all share. Safe as a file name. */
export function boxId(settings: Pick<SandboxSettings, "scope" | "access">, subject: SandboxSubject): string {
  const { scope, access } = settings;
  const what = { session: subject.sessionKey, agent: subject.agentId, shared: "all" }[scope];
  // Agents that share a sandbox still have workspaces of their own.
  const where = scope === "shared" && access !== "none" ? subject.workspaceDir : "";
  const slug = what
    .replace(/^agent:/, "")
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .slice(0, 40)
    .toLowerCase();
  const digest = createHash("sha256")
    .update(JSON.stringify([scope, what, where]))
    .digest("hex");
  return `${scope}-${slug}-${digest.slice(0, 8)}`;
}

export interface BoxFolder {
  path: string;
  workspace: string;
  home: string;
}

/** Makes the folder of a sandbox when it is missing, and remembers that it was used. */
export function ensureBox(
  folder: string,
  box: { id: string; scope: SandboxScope; subject: SandboxSubject; now: number },
): BoxFolder {
  const path = join(folder, box.id);
  const made: BoxFolder = { path, workspace: join(path, "workspace"), home: join(path, "home") };
  for (const each of [made.workspace, made.home]) mkdirSync(each, { recursive: true, mode: 0o700 });
  const record = join(path, "box.json");
  if (existsSync(record)) utimesSync(record, box.now / 1000, box.now / 1000);
  else {
    const { agentId, sessionKey } = box.subject;
    const text = JSON.stringify({
      id: box.id,
      scope: box.scope,
      agentId,
      sessionKey: box.scope === "session" ? sessionKey : null,
      createdAt: box.now,
    });
    writeFileSync(record, `${text}\n`, { mode: 0o600 });
  }
  return made;
}

/** Every sandbox with a folder, the last used first. Folders that are none of ours are passed over. */
export function listBoxes(folder: string): SandboxRow[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((id) => readBox(folder, id) ?? [])
    .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
}

function readBox(folder: string, id: string): SandboxRow | null {
  const path = join(folder, id);
  const record = join(path, "box.json");
  if (!existsSync(record)) return null;
  const read = parse(readFileSync(record, "utf8"));
  if (!isObject(read) || read["id"] !== id || typeof read["agentId"] !== "string") return null;
  const scope = scopes.find((each) => each === read["scope"]);
  if (scope === undefined) return null;
  return {
    id,
    scope,
    agentId: read["agentId"],
    sessionKey: typeof read["sessionKey"] === "string" ? read["sessionKey"] : null,
    createdAt: Number(read["createdAt"]) || 0,
    lastUsedAt: Math.round(statSync(record).mtimeMs),
    folder: path,
    files: countFiles(join(path, "workspace")),
  };
}

/**
 * Removes the folder of a sandbox. It is renamed first, so that what is made anew meanwhile is not what is removed;
 * links in it are removed, never followed.
 */
export function removeBox(folder: string, id: string): void {
  const path = join(folder, id);
  const away = join(folder, `.removed-${id}-${process.pid}`);
  rmSync(away, { recursive: true, force: true });
  if (!existsSync(path)) return;
  renameSync(path, away);
  rmSync(away, { recursive: true, force: true });
}

function countFiles(folder: string): number {
  let count = 0;
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && count < countedFiles; next = pending.pop()) {
    for (const entry of existsSync(next) ? readdirSync(next, { withFileTypes: true }) : []) {
      count++;
      if (entry.isDirectory()) pending.push(join(next, entry.name));
    }
  }
  return count;
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Torn by a crash: made anew when it is used next.
    return null;
  }
}
