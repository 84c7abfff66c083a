import { lstat, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { findBinary, isInside } from "../guard/index.ts";
import { carrierReason } from "./carriers.ts";
import { parseCommand, quoteWord, type Joint } from "./shell-grammar.ts";

/** A simple command whose program was found. */
export interface ResolvedCommand {
  joint: Joint | null;
  argv: string[];
  /** Where it was found; what is started. */
  path: string;
  realPath: string;
  /** Why no allowlist can match it; null when one can. */
  opaque: string | null;
}

export interface CommandAnalysis {
  text: string;
  /** Empty when the text is understood only by a shell. */
  commands: ResolvedCommand[];
  /** Why the command needs a fresh approval each time; null when every part is understood. */
  opaque: string | null;
}

/**
 * Understands a command text: its argument lists, the programs they name (searched in `folders` only) and whether an
 * allowlist may speak about them. Programs in places the agent may write to are opaque.
 */
export async function analyseCommand(
  text: string,
  options: { folders: readonly string[]; writable: readonly string[] },
): Promise<CommandAnalysis> {
  const parsed = parseCommand(text);
  if (parsed.kind === "opaque") return { text, commands: [], opaque: parsed.why };
  const commands: ResolvedCommand[] = [];
  for (const { joint, argv } of parsed.commands) {
    const path = findBinary(argv[0] ?? "", options.folders);
    if (path === null) {
      return { text, commands: [], opaque: `no program ${JSON.stringify(argv[0])} in the search path` };
    }
    const realPath = await realpath(path);
    const opaque =
      carrierReason(argv, [path, realPath]) ??
      ((await isTrustedPlace(path, options.writable)) && (await isTrustedPlace(realPath, options.writable))
        ? null
        : `${path} lies where the agent may write`);
    commands.push({ joint, argv, path, realPath, opaque });
  }
  return { text, commands, opaque: commands.find((command) => command.opaque !== null)?.opaque ?? null };
}

/** Neither below a folder the agent writes to, nor reachable through a folder that anybody may write to. */
async function isTrustedPlace(path: string, writable: readonly string[]): Promise<boolean> {
  if (writable.some((folder) => isInside(folder, path))) return false;
  const file = await lstat(path);
  if (!file.isSymbolicLink() && (file.mode & 0o002) !== 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const info = await lstat(folder);
    if (!info.isSymbolicLink() && (info.mode & 0o002) !== 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The understood command as shell text in which every word is quoted and every program absolute. */
export function renderCommands(commands: readonly ResolvedCommand[]): string {
  return commands
    .map(({ joint, path, argv }) => {
      const words = [path, ...argv.slice(1)].map(quoteWord).join(" ");
      return joint === null ? words : `${joint} ${words}`;
    })
    .join(" ");
}
