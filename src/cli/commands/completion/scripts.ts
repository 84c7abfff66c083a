import type { CommandDefinition } from "../../contract.ts";
import { globalOptions } from "../../globals.ts";
import { groups } from "../../registry.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** What may follow each prefix of a command line: `""` → groups, `gateway` → subcommands and options, … */
export function wordTable(definitions: readonly CommandDefinition[]): Map<string, string[]> {
  const table = new Map<string, Set<string>>();
  const add = (prefix: string[], words: string[]) => {
    const key = prefix.join(" ");
    const set = table.get(key) ?? new Set();
    for (const word of words) set.add(word);
    table.set(key, set);
  };
  add(
    [],
    [
      ...groups.map((group) => group.name),
      ...globalOptions.flatMap((o) => longFlags(o.flags)),
      "--help",
      "--version",
    ],
  );
  for (const { path, options = [], hidden } of definitions) {
    if (hidden) continue;
    for (let n = 1; n < path.length; n++) add(path.slice(0, n), path.slice(n, n + 1));
    add(path, [...options.filter((o) => !o.hidden).flatMap((o) => longFlags(o.flags)), "--help"]);
  }
  return new Map([...table].map(([key, words]) => [key, [...words]]));
}

function longFlags(flags: string): string[] {
  return flags.match(/--[\w-]+/g) ?? [];
}

/** A self-contained script; words come from our own table and hold nothing a shell would expand. */
export function completionScript(shell: (typeof shells)[number], table: Map<string, string[]>): string {
  const cases = [...table].map(([key, words]) => ({ key, words: words.join(" ") }));
  if (shell === "fish") {
    return `${[
      "# fish completion for openclaw",
      "function __openclaw_words",
      "    set -l path",
      "    for word in (commandline -opc)[2..-1]",
      "        string match -q -- '-*' $word; or set -a path $word",
      "    end",
      '    switch "$path"',
      ...cases.map(({ key, words }) => `        case '${key}'\n            string split ' ' -- '${words}'`),
      "    end",
      "end",
      "complete -c openclaw -f -a '(__openclaw_words)'",
    ].join("\n")}\n`;
  }
  const bash = `${[
    "_openclaw() {",
    '  local path="" words="" word i current="${COMP_WORDS[COMP_CWORD]}"',
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    '    word="${COMP_WORDS[i]}"',
    '    [[ "$word" == -* ]] || path="${path:+$path }$word"',
    "  done",
    '  case "$path" in',
    ...cases.map(({ key, words }) => `    "${key}") words="${words}" ;;`),
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -o default -F _openclaw openclaw",
  ].join("\n")}\n`;
  if (shell === "bash") return `# bash completion for openclaw\n${bash}`;
  // zsh runs completion functions of bash; `path` and `words` would be its own special variables there.
  const renamed = bash
    .replaceAll("words=", "offered=")
    .replaceAll('"$words"', '"$offered"')
    .replaceAll("$path", "$line")
    .replaceAll("${path", "${line")
    .replaceAll("path=", "line=");
  return `#compdef openclaw\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${renamed}`;
}
