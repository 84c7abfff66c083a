import type { CommandDefinition } from "./contract.ts";
import { globalOptions } from "./globals.ts";
import { optionRow } from "./help.ts";
import { groups } from "./registry.ts";

/** The reference of every command as Markdown, from the same definitions as `--help` (docs/cli.md). */
export function cliReference(definitions: readonly CommandDefinition[]): string {
  const visible = definitions.filter(({ hidden }) => !hidden);
  return `${[
    "# Command line",
    "",
    "Made by `scripts/docs.ts` from the definitions of the commands; a test keeps it equal to them.",
    "",
    'Exit status: 0 done, 1 failed, 2 wrong command line, 130 stopped with Ctrl-C. With `--json` standard output holds JSON only, also for failures: `{"ok":false,"error":{"code","message","hint"}}`.',
    "",
    "## Global options",
    "",
    "Before the command; after it too, where the command has no option of that name.",
    "",
    ...optionTable(globalOptions.map(optionRow)),
    ...groups.flatMap((group) => [
      "",
      `## ${group.name}`,
      "",
      `${group.summary}.`,
      ...visible.filter(({ path }) => path[0] === group.name).flatMap(commandSection),
    ]),
  ].join("\n")}\n`;
}

function commandSection(definition: CommandDefinition): string[] {
  const { path, args = [], options = [], examples } = definition;
  const shown = options.filter((option) => !option.hidden);
  const words = args.map((arg) => ` ${arg.name}`).join("");
  return [
    "",
    `### \`openclaw ${path.join(" ")}${words}\``,
    "",
    definition.description ?? `${definition.summary}.`,
    ...(args.length > 0 ? ["", ...args.map((arg) => `- \`${arg.name}\`: ${arg.description}`)] : []),
    ...(shown.length > 0 ? ["", ...optionTable(shown.map(optionRow))] : []),
    "",
    "```sh",
    ...examples.flatMap(({ line, does }) => [`# ${does}`, line]),
    "```",
  ];
}

function optionTable(rows: Array<[string, string]>): string[] {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return [
    "| option | meaning |",
    "|---|---|",
    ...rows.map(([flags, text]) => `| \`${cell(flags)}\` | ${cell(text)} |`),
  ];
}
