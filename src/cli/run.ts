import { UsageError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { CommandDefinition } from "./contract.ts";
import { checkGatewayUrl, parseGlobals, type Globals } from "./globals.ts";
import { wantsColor } from "./color.ts";
import type { Sink } from "./output.ts";
import { packageVersion } from "./package-info.ts";
import { matchCommand, unknownCommand } from "./parse-words.ts";
import type { Env, Platform } from "./platform.ts";
import { findGroup, groups } from "./registry.ts";

export interface CliEnvironment {
  argv: readonly string[];
  env: Env;
  stdin: NodeJS.ReadStream;
  stdout: Sink;
  stderr: Sink;
  platform: Platform;
  /**
   * Called before a body runs: installs the signal handlers and returns the signal that aborts on Ctrl-C.
   * Not called for commands with `ownSignals`.
   */
  interruptible(): AbortSignal;
  /** Called instead for commands with `ownSignals`, which also go on when nobody reads their output any more. */
  standAlone?(): void;
  clock?: Clock;
}

/** How long a body may take to tidy up after Ctrl-C before the process ends anyway. */
const graceMs = 3000;

/** One command line from words to exit status. Throws nothing: failures are rendered. */
export async function runCli(cli: CliEnvironment): Promise<number> {
  let color = false;
  let json = cli.argv.includes("--json");
  let verbose = false;
  let profile: string | undefined;
  try {
    const { globals, rest, asked } = parseGlobals(cli.argv);
    verbose = globals.verbose;
    profile = profileOf(globals);
    color = wantsColor({ flag: globals.color, env: cli.env, isTTY: cli.stderr.isTTY === true });
    if (asked === "version") {
      cli.stdout.write(`${packageVersion()}\n`);
      return 0;
    }
    const wantsHelp = asked === "help" || rest[0] === "help";
    const words = rest[0] === "help" ? rest.slice(1) : rest;
    const name = words[0];
    if (name === undefined || name.startsWith("-")) {
      const { topLevelHelp } = await import("./help.ts");
      cli.stdout.write(topLevelHelp(helpWidth(cli.stdout)));
      return 0;
    }
    const group = findGroup(name);
    if (!group) throw unknownCommand([name], [...groups.map((g) => g.name), "help"]);
    const { definitions } = await group.load();
    const { definition, rest: after, path } = matchCommand(definitions, words);
    // Before the parser is loaded: help is asked for often and by people who wait.
    const asksHelp = wantsHelp || hasHelp(after);
    if (asksHelp || !definition) return await printHelp(cli, definitions, { path, asked: asksHelp });
    const { parseCommand } = await import("./parse.ts");
    const parsed = parseCommand(definition, after);
    json = parsed.options.json === true;
    const merged = mergeGlobals(globals, parsed.options, definition);
    verbose = merged.verbose;
    profile = profileOf(merged);
    color = wantsColor({ flag: merged.color, env: cli.env, isTTY: cli.stderr.isTTY === true });
    return await runBody(cli, { definition, args: parsed.args, options: parsed.options, globals: merged });
  } catch (error) {
    const { renderError } = await import("./errors.ts");
    const red = (t: string) => (color ? `\u001b[31m${t}\u001b[39m` : t);
    const rendered = renderError(error, { json, red, verbose, profile });
    if (rendered.stdout) cli.stdout.write(rendered.stdout);
    if (rendered.stderr) cli.stderr.write(rendered.stderr);
    return rendered.exitCode;
  }
}

async function runBody(
  cli: CliEnvironment,
  call: {
    definition: CommandDefinition;
    args: string[];
    options: Record<string, unknown>;
    globals: Globals;
  },
): Promise<number> {
  const { definition, args, options, globals } = call;
  const { ownSignals = false } = definition;
  const isAlone = typeof ownSignals === "function" ? ownSignals(options) : ownSignals;
  if (isAlone) cli.standAlone?.();
  const signal = isAlone ? new AbortController().signal : cli.interruptible();
  const { createOutput } = await import("./output.ts");
  const out = createOutput({
    stdout: cli.stdout,
    stderr: cli.stderr,
    color: wantsColor({ flag: globals.color, env: cli.env, isTTY: cli.stdout.isTTY === true }),
  });
  const { openContext } = await import("./context.ts");
  const { context, close } = await openContext({
    globals,
    env: cli.env,
    out,
    signal,
    stdin: () => cli.stdin,
    platform: cli.platform,
    ...(cli.clock ? { clock: cli.clock } : {}),
  });
  try {
    const { run } = await definition.load();
    const status = await untilAborted(run(context, args, options), signal);
    return status ?? (signal.aborted ? 130 : 0);
  } catch (error) {
    // After Ctrl-C whatever broke is a consequence of it.
    if (signal.aborted) return 130;
    throw error;
  } finally {
    out.progress(null);
    close();
  }
}

/** The body's result; after an abort it gets {@link graceMs} to finish, then 130 stands for it. */
function untilAborted(body: Promise<number | void>, signal: AbortSignal): Promise<number | void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => resolve(130), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    body.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    });
  });
}

/** Global options given after the subcommand count too, unless the subcommand means something else by the name. */
function mergeGlobals(
  globals: Globals,
  options: Record<string, unknown>,
  definition: CommandDefinition,
): Globals {
  const owns = (name: string) =>
    (definition.options ?? []).some(({ flags }) =>
      new RegExp(`(?:^|[\\s,])--(?:no-)?${name}(?:[\\s,]|$)`).test(flags),
    );
  const profile = owns("profile") ? undefined : stringOf(options.profile);
  const url = stringOf(options.url);
  const merged: Globals = {
    dev: globals.dev || (!owns("dev") && options.dev === true),
    color: globals.color && options.color !== false,
    verbose: globals.verbose || options.verbose === true,
  };
  if (profile !== undefined && globals.profile !== undefined && profile !== globals.profile)
    throw new UsageError(`--profile is given twice: ${globals.profile} and ${profile}`);
  const chosenProfile = profile ?? globals.profile;
  if (chosenProfile !== undefined) merged.profile = chosenProfile;
  const chosenUrl = url === undefined ? globals.url : checkGatewayUrl(url);
  if (chosenUrl !== undefined) merged.url = chosenUrl;
  return merged;
}

const profileOf = (globals: Globals): string | undefined => (globals.dev ? "dev" : globals.profile);

async function printHelp(
  cli: CliEnvironment,
  definitions: readonly CommandDefinition[],
  what: { path: string[]; asked: boolean },
): Promise<number> {
  const { commandHelp } = await import("./help.ts");
  const sink = what.asked ? cli.stdout : cli.stderr;
  sink.write(commandHelp(definitions, what.path, helpWidth(sink)));
  // A prefix alone (`openclaw config`) asked for nothing that could be done.
  return what.asked ? 0 : 2;
}

function hasHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

function helpWidth(sink: Sink): number {
  return Math.min(100, Math.max(20, sink.isTTY ? (sink.columns ?? 80) : 100));
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
