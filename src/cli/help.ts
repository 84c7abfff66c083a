import type { CommandDefinition, OptionDefinition } from "./contract.ts";
import { globalOptions } from "./globals.ts";
import { childWords } from "./parse-words.ts";
import { groups } from "./registry.ts";
import { displayWidth } from "./terminal.ts";

/** `openclaw --help`: made from the light table of groups, so no command and no parser is loaded for it. */
export function topLevelHelp(width: number): string {
  const sections = [...new Set(groups.map((group) => group.section))];
  return join([
    "OpenClaw: a self-hosted gateway for a personal AI assistant",
    "",
    "Usage: openclaw [global options] <command> [options]",
    ...sections.flatMap((section) => [
      "",
      `${section}:`,
      ...columns(
        groups.filter((group) => group.section === section).map((group) => [group.name, group.summary]),
        width,
      ),
    ]),
    "",
    "Global options (before the command):",
    ...columns(
      [
        ...globalOptions.map(optionRow),
        ["--version", "print the version"],
        ["-h, --help", "help; also after any command"],
      ],
      width,
    ),
    "",
    "Examples:",
    ...columns(
      [
        ["openclaw gateway", "run the gateway here"],
        ['openclaw agent --message "hello"', "ask the agent"],
        ["openclaw status", "see how things are"],
      ],
      width,
    ),
  ]);
}

/** Help of one command, or of a prefix such as `openclaw config` that is no command itself. */
export function commandHelp(
  definitions: readonly CommandDefinition[],
  path: readonly string[],
  width: number,
): string {
  const definition = definitions.find((d) => d.path.join(" ") === path.join(" "));
  const line = ["openclaw", ...path].join(" ");
  const children = childWords(definitions, path);
  const out: string[] = [];
  if (definition) {
    const args = (definition.args ?? []).map((arg) => ` ${arg.name}`).join("");
    out.push(`Usage: ${line}${definition.options?.length ? " [options]" : ""}${args}`);
    if (children.length > 0) out.push(`       ${line} <command>`);
    out.push("", ...wrap(definition.description ?? `${definition.summary}.`, width));
    if (definition.args?.length) {
      out.push(
        "",
        "Arguments:",
        ...columns(
          definition.args.map((a) => [a.name, a.description]),
          width,
        ),
      );
    }
    const shown = (definition.options ?? []).filter((option) => !option.hidden);
    if (shown.length > 0) out.push("", "Options:", ...columns(shown.map(optionRow), width));
  } else {
    out.push(`Usage: ${line} <command> [options]`);
  }
  if (children.length > 0) {
    out.push(
      "",
      "Commands:",
      ...columns(
        children.map((word) => [word, summaryOf(definitions, [...path, word])]),
        width,
      ),
    );
  }
  const examples = definition?.examples ?? definitions.flatMap((d) => d.examples.slice(0, 1)).slice(0, 4);
  out.push(
    "",
    "Examples:",
    ...columns(
      examples.map((e) => [e.line, e.does]),
      width,
    ),
  );
  return join(out);
}

function summaryOf(definitions: readonly CommandDefinition[], path: string[]): string {
  const exact = definitions.find((d) => d.path.join(" ") === path.join(" "));
  if (exact) return exact.summary;
  return childWords(definitions, path).join(", ");
}

/** Flags and description of an option with its default and its choices. */
export function optionRow(option: OptionDefinition): [string, string] {
  const notes = [
    ...(option.choices ? [`one of ${option.choices.join(", ")}`] : []),
    ...(option.default === undefined || typeof option.default === "boolean"
      ? []
      : [`default ${option.default}`]),
    ...(option.many ? ["may be repeated"] : []),
  ];
  return [
    option.flags,
    notes.length > 0 ? `${option.description} (${notes.join("; ")})` : option.description,
  ];
}

function columns(rows: Array<[string, string]>, width: number): string[] {
  const left = Math.min(34, Math.max(...rows.map(([name]) => displayWidth(name))));
  const room = width - left - 4;
  if (room < 20)
    return rows.flatMap(([name, text]) => [`  ${name}`, ...wrap(text, width - 6).map((l) => `      ${l}`)]);
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, room);
    const indent = " ".repeat(left + 4);
    if (displayWidth(name) > left) return [`  ${name}`, ...lines.map((l) => indent + l)];
    return lines.map((l, i) => (i === 0 ? `  ${name.padEnd(left)}  ${l}` : indent + l));
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return line ? [...lines, line] : lines.length > 0 ? lines : [""];
}

function join(lines: string[]): string {
  return `${lines.join("\n")}\n`;
}
