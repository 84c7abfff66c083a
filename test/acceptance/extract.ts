// `node test/acceptance/extract.ts FOLDER`: every `openclaw` command that a folder of documents prints, into
// documented.json beside this file. Run it when the documents change; the table in cases/ must then name every command.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Documented, DocumentedCommand } from "./types.ts";

/** What a line of a document may hold: variables, the program, its words. Other alphabets end a command. */
const commandPattern = /(?:\b[A-Z][A-Z_]*=\S+ )*(?<![\w/.@-])openclaw (?=[a-z-])[\x20-\x7e]*/;

/** @returns the commands of one document, in its order, each with the places where it stands. */
export function extractCommands(name: string, document: string): DocumentedCommand[] {
  const found = new Map<string, string[]>();
  let section = "";
  let fenced = false;
  let shell = false;
  const lines = document.split("\n");
  const headings = document.includes("```");
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? "";
    const number = at + 1;
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence) {
      fenced = !fenced;
      shell = fenced && ["", "bash", "sh"].includes(fence[1] ?? "");
      continue;
    }
    const heading = fenced || !headings ? null : /^#+ (.*)/.exec(line);
    if (heading) section = (heading[1] ?? "").trim();
    while (line.endsWith("\\")) line = `${line.slice(0, -1).trimEnd()} ${(lines[++at] ?? "").trim()}`;
    if (/^\s*#/.test(line) || line.includes("npm view")) continue;
    const next = new RegExp(commandPattern, "g");
    for (let match = next.exec(line); match !== null; match = next.exec(line)) {
      const text = cut(match[0], line.slice(0, match.index), shell);
      next.lastIndex = match.index + Math.max(text.length, "openclaw ".length);
      for (const command of alternatives(text)) {
        const place = `${name}:${number}${section === "" ? "" : ` ${section}`}`;
        found.set(command, [...(found.get(command) ?? []), place]);
      }
    }
  }
  return [...found].map(([command, sources]) => ({ command, sources }));
}

/** Where the command ends depends on what it stands in: code, a picture's label, a table, a substitution, a script. */
function cut(text: string, before: string, shell: boolean): string {
  let command = text;
  if (before.endsWith("$(")) command = upTo(command, ")");
  else if ((before.split("`").length - 1) % 2 === 1) command = upTo(command, "`");
  else if (before.includes('["') || before.includes("(")) command = upTo(command, '"]', "<br", ")");
  else if (before.startsWith("|")) command = upTo(command, " |");
  command = upTo(command, "` ", " #", "; then", " > /", " &&");
  if (!shell) command = upTo(command, "<br", '"]', "`");
  return command.replace(/\s+/g, " ").trim();
}

function upTo(text: string, ...ends: string[]): string {
  return ends.reduce((shorter, end) => {
    const at = shorter.indexOf(end);
    return at < 0 ? shorter : shorter.slice(0, at);
  }, text);
}

/** `install/start/stop` and `health|status` are several commands; `| grep` is part of one. */
function alternatives(command: string): string[] {
  const words = command.split(" ");
  const at = words.findIndex((word) => /^[a-z]+([/|][a-z]+)+$/.test(word));
  if (at < 0) return words.length > 1 && !command.endsWith(" CLI") ? [command] : [];
  return (words[at] ?? "").split(/[/|]/).map((word) => words.with(at, word).join(" "));
}

/** @returns the commands of all documents of a folder, each once, with all its places, in alphabetical order. */
export function extractFolder(folder: string): Documented {
  const documents: Record<string, string> = {};
  const all = new Map<string, string[]>();
  for (const name of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, name), "utf8");
    const number = name.slice(0, 3);
    documents[number] = /^original_title: "(.*)"$/m.exec(text)?.[1] ?? "Gateway runbook";
    for (const { command, sources } of extractCommands(number, text))
      all.set(command, [...(all.get(command) ?? []), ...sources]);
  }
  const commands = [...all].map(([command, sources]) => ({ command, sources }));
  return { documents, commands: commands.sort((a, b) => (a.command < b.command ? -1 : 1)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error("usage: node test/acceptance/extract.ts FOLDER");
    process.exit(2);
  }
  const documented = extractFolder(folder);
  writeFileSync(new URL("documented.json", import.meta.url), `${JSON.stringify(documented, null, 2)}\n`);
  console.log(`${documented.commands.length} commands`);
}
