import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../core/errors.ts";
import type { CommandDefinition } from "./contract.ts";
import { globalOptions } from "./globals.ts";

export interface Parsed {
  args: string[];
  options: Record<string, unknown>;
}

/**
 * Parses what follows the path of a command. Global options are understood here too, unless the command has one of
 * that name. @throws UsageError (exit status 2) for unknown or incomplete options and wrong numbers of arguments.
 */
export function parseCommand(definition: CommandDefinition, rest: readonly string[]): Parsed {
  const line = `openclaw ${definition.path.join(" ")}`;
  const command = new Command(line)
    .exitOverride()
    .helpOption(false)
    .configureOutput({
      writeOut: () => {},
      writeErr: () => {},
    });
  const own = definition.options ?? [];
  const names = new Set(own.map(({ flags }) => longName(flags)));
  for (const option of [...own, ...globalOptions.filter(({ flags }) => !names.has(longName(flags)))]) {
    const made = new Option(option.flags, option.description);
    if (option.default !== undefined) made.default(option.default);
    if (option.choices) made.choices(option.choices);
    if (option.many) {
      made.argParser((value: string, before: unknown) => [...(Array.isArray(before) ? before : []), value]);
    }
    command.addOption(made);
  }
  for (const { name, description } of definition.args ?? []) command.argument(name, description);
  try {
    command.action(() => {});
    command.parse([...rest], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw usageErrorOf(error, line);
  }
  return { args: command.args, options: command.opts() };
}

function usageErrorOf(error: CommanderError, line: string): UsageError {
  const message = error.message
    .replace(/^error: /, "")
    .replace(/\n[^]*$/, "")
    .replace(/\.$/, "");
  const like = /\(Did you mean ([^?]+)\?\)/.exec(error.message)?.[1];
  return new UsageError(message, {
    hint: like ? `did you mean ${like}? See \`${line} --help\`` : `see \`${line} --help\``,
  });
}

/** `--port` of `-p, --port <n>`; a negated option counts as its positive name. */
function longName(flags: string): string {
  return (/--[\w-]+/.exec(flags)?.[0] ?? flags).replace(/^--no-/, "--");
}
