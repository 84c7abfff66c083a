import type { GatewayClient } from "../client/contract.ts";
import type { TlsTrust } from "../client/options.ts";
import type { ConfigStore, Settings } from "../config/contract.ts";
import type { AppFacade } from "../app/contract.ts";
import type { Clock } from "../core/clock.ts";
import type { Paths } from "../state/paths.ts";
import type { RunningGateway } from "./target.ts";

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
  /** The body handles SIGINT and SIGTERM itself (the foreground gateway), perhaps only with some options. */
  ownSignals?: boolean | ((options: Record<string, unknown>) => boolean);
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
  openConfig: () => Promise<ConfigStore>;
  /** What it takes to reach a gateway, and whether the file is valid: without the schema where that is possible. */
  settings: () => Promise<Settings>;
  /** Connects to the gateway that --url, environment or config name. @throws UserError GATEWAY_UNREACHABLE, unauthorized, … */
  connect(options?: {
    url?: string;
    token?: string;
    password?: string;
    timeoutMs?: number;
    mode?: "cli" | "probe";
    /** Capabilities to announce, e.g. `tool-events`. */
    caps?: string[];
    /** Instead of those of `mode`; none asks for everything the credential may give. */
    scopes?: string[];
    /** The certificate the gateway must show, where the caller knows better than the configuration. */
    tls?: TlsTrust;
  }): Promise<GatewayClient>;
  /** The live gateway of this state directory, from its lock and status files; null when none runs. */
  runningGateway: () => Promise<RunningGateway | null>;
  /** The composition root, loaded on first use. */
  app: () => Promise<AppFacade>;
  clock: Clock;
  /** Version of this package. */
  version: string;
  stdin: NodeJS.ReadStream;
}

export interface Output {
  /** Standard output. */
  line(text?: string): void;
  /** Standard output as it is, without a line break: streamed answers, exported files. */
  write(text: string): void;
  /** One line of progress on standard error: redrawn on a terminal, printed once when piped. Null clears it. */
  progress(text: string | null): void;
  /** Only JSON goes to stdout when a command was asked for it. */
  json(value: unknown): void;
  /** Aligned columns; fits the terminal; plain when piped. */
  table(rows: Array<Record<string, string>>, columns?: string[]): void;
  /** Aligned `Key:   value` lines. */
  pairs(rows: Array<[string, string]>): void;
  /** Standard error. */
  note(text: string): void;
  style: {
    bold: (t: string) => string;
    dim: (t: string) => string;
    red: (t: string) => string;
    green: (t: string) => string;
    yellow: (t: string) => string;
    cyan: (t: string) => string;
  };
  isTTY: boolean;
  width: number;
}
