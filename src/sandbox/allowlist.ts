import { realpath } from "node:fs/promises";
import { isInside } from "../guard/index.ts";
import type { CommandAnalysis, ResolvedCommand } from "./analyse.ts";
import { isSafeUse } from "./safe-bins.ts";

/**
 * A command the operator allows. `pattern`: the program's path, or a glob over its real path. Entries made by "always
 * allow" also hold the exact arguments and the folder; an entry written by hand without `argv` allows any arguments.
 */
export interface AllowlistEntry {
  id?: string | undefined;
  pattern: string;
  argv?: string[] | undefined;
  /** The command must run in this folder or below. */
  cwd?: string | undefined;
}

/** Whether every program of an understood command is allowed by some entry, or is a safe filter. Opaque ones never are. */
export async function isAllowlisted(
  analysis: CommandAnalysis,
  options: { entries: readonly AllowlistEntry[]; cwd: string; safeBins: readonly string[] },
): Promise<boolean> {
  if (analysis.opaque !== null || analysis.commands.length === 0) return false;
  for (const command of analysis.commands) {
    if (isSafeUse(command.argv, command.realPath, options.safeBins)) continue;
    let allowed = false;
    for (const entry of options.entries) allowed ||= await matches(entry, command, options.cwd);
    if (!allowed) return false;
  }
  return true;
}

async function matches(entry: AllowlistEntry, command: ResolvedCommand, cwd: string): Promise<boolean> {
  if (entry.cwd !== undefined && !isInside(entry.cwd, cwd)) return false;
  if (entry.argv !== undefined) {
    const wanted = entry.argv;
    const given = command.argv.slice(1);
    if (wanted.length !== given.length || wanted.some((word, index) => word !== given[index])) return false;
  }
  if (!entry.pattern.startsWith("/")) return false;
  if (entry.pattern === command.realPath) return true;
  if (!/[*?]/.test(entry.pattern)) {
    return (await realpath(entry.pattern).catch(() => null)) === command.realPath;
  }
  return matchPathGlob(entry.pattern.split("/"), command.realPath.split("/"));
}

/** `*` and `?` within one name, `**` over folders; no regular expression is made from the pattern. */
function matchPathGlob(pattern: readonly string[], names: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const part of pattern) {
    const next = new Set<number>();
    for (const from of reached) {
      if (part === "**") for (let to = from; to <= names.length; to++) next.add(to);
      else if (from < names.length && matchName(part, names[from] ?? "")) next.add(from + 1);
    }
    reached = next;
  }
  return reached.has(names.length);
}

function matchName(pattern: string, name: string): boolean {
  let row = new Set([0]);
  for (const character of pattern) {
    const next = new Set<number>();
    for (const at of row) {
      if (character === "*") for (let to = at; to <= name.length; to++) next.add(to);
      else if (at < name.length && (character === "?" || character === name[at])) next.add(at + 1);
    }
    row = next;
  }
  return row.has(name.length);
}

/** What "always allow" stores: these programs with these arguments in this folder, and nothing wider. Empty when opaque. */
export function entriesFor(analysis: CommandAnalysis, cwd: string): AllowlistEntry[] {
  if (analysis.opaque !== null) return [];
  return analysis.commands.map(({ realPath, argv }) => ({ pattern: realPath, argv: argv.slice(1), cwd }));
}
