import { UsageError } from "../core/errors.ts";
import type { CommandDefinition } from "./contract.ts";
import { nearest } from "./suggest.ts";

/**
 * The definition whose path is the longest prefix of the words, and what follows it.
 * @throws UsageError for words that name no command, with the nearest one.
 */
export function matchCommand(
  definitions: readonly CommandDefinition[],
  words: readonly string[],
): { definition: CommandDefinition | null; rest: string[]; path: string[] } {
  const leading: string[] = [];
  for (const word of words) {
    if (word.startsWith("-")) break;
    leading.push(word);
  }
  let best: CommandDefinition | null = null;
  for (const definition of definitions) {
    const { path } = definition;
    if (path.length <= leading.length && path.every((word, i) => word === leading[i])) {
      if (!best || path.length > best.path.length) best = definition;
    }
  }
  const prefix = longestKnownPrefix(definitions, leading);
  const next = leading[prefix.length];
  const children = childWords(definitions, prefix);
  const takesWords = best !== null && best.path.length === prefix.length && (best.args?.length ?? 0) > 0;
  if (next !== undefined && children.length > 0 && !takesWords)
    throw unknownCommand([...prefix, next], children);
  // `models auth` is the beginning of longer commands, not `models` with a word too many.
  const definition = best !== null && best.path.length < prefix.length && !best.args?.length ? null : best;
  const path = definition?.path ?? prefix;
  return { definition, rest: words.slice(path.length), path };
}

function longestKnownPrefix(definitions: readonly CommandDefinition[], words: string[]): string[] {
  let known = 0;
  for (const { path } of definitions) {
    let n = 0;
    while (n < path.length && n < words.length && path[n] === words[n]) n++;
    known = Math.max(known, n);
  }
  return words.slice(0, known);
}

/** The error for a word that is no command (exit status 2). */
export function unknownCommand(words: string[], candidates: string[]): UsageError {
  const typed = words.at(-1) ?? "";
  const before = ["openclaw", ...words.slice(0, -1)].join(" ");
  const like = nearest(typed, candidates);
  return new UsageError(`unknown command ${JSON.stringify(words.join(" "))}`, {
    hint: like ? `did you mean \`${before} ${like}\`? See \`${before} --help\`` : `see \`${before} --help\``,
  });
}

/** Visible words that may follow a prefix. */
export function childWords(definitions: readonly CommandDefinition[], prefix: readonly string[]): string[] {
  const words = definitions
    .filter(
      ({ path, hidden }) => !hidden && path.length > prefix.length && prefix.every((w, i) => path[i] === w),
    )
    .map(({ path }) => path[prefix.length] ?? "");
  return [...new Set(words)];
}
