import type { GatewayClient } from "../client/contract.ts";
import type { ConfigStore } from "../config/contract.ts";
import type { Paths } from "../state/paths.ts";

export interface OptionDefinition {
  /** Commander syntax: `--port <n>`, `--json`, `--no-probe`, `-f, --follow`. */
  flags: string;
  description: string;
  default?: string | boolean | number;
  /** Repeatable: values are collected into an array. */
  many?: boolean;
  hidden?: boolean;
  choices?: readonly string[];
}

/** A command is data; its body is loaded only when it runs (`load`). */
export interface CommandDefinition {
  /** Words after `openclaw`, e.g. ["config", "get"]. */
  path: string[];
  summary: string;
  /** Longer help, one paragraph. */
  description?: string;
  /** Whole command lines with a few words each; at least one. */
  examples: Array<{ line: string; does: string }>;
  /** Commander syntax per argument: `<path>`, `[value]`, `[words...]`, with a description. */
  args?: Array<{ name: string; description: string }>;
  options?: OptionDefinition[];
  hidden?: boolean;
  load(): Promise<{ run: CommandBody }>;
}

/** Returns the exit status (default 0). Failures are thrown as UserError or UsageError, rendered in one place. */
export type CommandBody = (
  context: CommandContext,
  args: string[],
  options: Record<string, unknown>,
) => Promise<number | void>;

export interface CommandContext {
  paths: Paths;
  /** Process environment as it was, plus what `.env` adds. */
  env: Readonly<Record<string, string | undefined>>;
  globals: { profile: string; url?: string; verbose: boolean };
  out: Output;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  openConfig(): Promise<ConfigStore>;
  /** Connects to the gateway that --url, environment or config name. @throws UserError GATEWAY_UNREACHABLE, unauthorized, … */
  connect(options?: {
    url?: string;
    token?: string;
    password?: string;
    timeoutMs?: number;
    mode?: "cli" | "probe";
  }): Promise<GatewayClient>;
  stdin: NodeJS.ReadStream;
}

export interface Output {
  /** Standard output. */
  line(text?: string): void;
  /** Only JSON goes to stdout when a command was asked for it. */
  json(value: unknown): void;
  /** Aligned columns; fits the terminal; plain when piped. */
  table(rows: Array<Record<string, string>>, columns?: string[]): void;
  /** Aligned `Key:   value` lines. */
  pairs(rows: Array<[string, string]>): void;
  /** Standard error. */
  note(text: string): void;
  style: {
    bold(t: string): string;
    dim(t: string): string;
    red(t: string): string;
    green(t: string): string;
    yellow(t: string): string;
    cyan(t: string): string;
  };
  isTTY: boolean;
  width: number;
}
