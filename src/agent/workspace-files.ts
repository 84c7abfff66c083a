import { join } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { openRootFs } from "../guard/root-fs.ts";
import { fingerprint } from "./fingerprint.ts";

/** A workspace file as it goes into the prompt. */
export interface WorkspaceFile {
  name: string;
  text: string;
  /** Characters left out. */
  cut: number;
}

/** The files an agent is made of, in the order they stand in the prompt (AGENT-014). */
export const workspaceFileNames = [
  "AGENTS.md",
  "SOUL.md",
  "TOOLS.md",
  "IDENTITY.md",
  "USER.md",
  "HEARTBEAT.md",
  "BOOTSTRAP.md",
  "MEMORY.md",
] as const;
/** What the owner told in private is not shown to a room. */
const privateNames: ReadonlySet<string> = new Set(["USER.md", "MEMORY.md"]);

export interface WorkspaceReader {
  /** The files that exist, bounded. A file is read again only when its time or size changed. */
  load(
    workspaceDir: string,
    options: { private: boolean; heartbeat: boolean; maxChars: number },
  ): Promise<WorkspaceFile[]>;
}

export function createWorkspaceReader(logger: Logger): WorkspaceReader {
  const known = new Map<string, { seen: string; files: WorkspaceFile[] }>();
  const maxKnown = 64;

  return {
    async load(workspaceDir, options) {
      const names = workspaceFileNames.filter(
        (name) =>
          (options.private || !privateNames.has(name)) && (options.heartbeat || name !== "HEARTBEAT.md"),
      );
      const key = JSON.stringify([workspaceDir, options]);
      const seen = fingerprint([workspaceDir, ...names.map((name) => join(workspaceDir, name))]);
      const before = known.get(key);
      if (before?.seen === seen) return before.files;
      const files = await readAll(workspaceDir, names, { maxChars: options.maxChars, logger });
      if (known.size >= maxKnown) known.clear();
      known.set(key, { seen, files });
      return files;
    },
  };
}

async function readAll(
  workspaceDir: string,
  names: readonly string[],
  options: { maxChars: number; logger: Logger },
): Promise<WorkspaceFile[]> {
  const { maxChars, logger } = options;
  const loaded: WorkspaceFile[] = [];
  try {
    const root = await openRootFs(workspaceDir);
    for (const name of names) {
      try {
        const info = await root.stat(name);
        if (info?.kind !== "file" || info.size === 0) continue;
        const { bytes, size } = await root.read(name, { length: maxChars * 4 });
        const text = new TextDecoder().decode(bytes).trim();
        const file = bound(name, text, { maxChars, unread: size - bytes.length });
        if (file.text) loaded.push(file);
      } catch (error) {
        logger.warn("a workspace file could not be read and is not in the prompt", {
          file: name,
          error: messageOf(error),
        });
      }
    }
  } catch (error) {
    // A missing workspace is made by `openclaw setup`; the agent can talk without it.
    const level = codeOf(error) === "PATH_NOT_FOUND" ? "debug" : "warn";
    logger.log(level, "the workspace could not be opened", { workspaceDir, error: messageOf(error) });
  }
  return loaded;
}

/** Keeps the head and the tail: rules stand at the top, the newest notes at the bottom. */
function bound(name: string, text: string, limit: { maxChars: number; unread: number }): WorkspaceFile {
  if (text.length <= limit.maxChars && limit.unread <= 0) return { name, text, cut: 0 };
  const head = text.slice(0, Math.floor(limit.maxChars * 0.7)).toWellFormed();
  const tail = text.slice(text.length - Math.floor(limit.maxChars * 0.25)).toWellFormed();
  const cut = text.length - head.length - tail.length + Math.max(0, limit.unread);
  return {
    name,
    text: `${head}\n\n[… ${cut} characters of ${name} left out here; use the read tool to see all of it …]\n\n${tail}`,
    cut,
  };
}
