import type { OpenClawConfig } from "./schema/index.ts";

export interface ConfigIssue {
  /** Dotted path, "" for the whole file. */
  path: string;
  message: string;
}

/** The config file as read at one moment (CFG-003; the shape of RPC `config.get`, protocol.md 3.2). */
export interface ConfigSnapshot {
  path: string;
  exists: boolean;
  raw: string | null;
  /** What the file says, before defaults and substitution; null when it is not JSON5. */
  parsed: unknown;
  /** Effective configuration; of the last accepted revision (or all defaults) when the file is invalid. */
  config: OpenClawConfig;
  valid: boolean;
  /** Lower-case hex SHA-256 of `raw` ("" when there is no file): the `baseHash` of later writes. */
  hash: string;
  issues: ConfigIssue[];
  /** Unknown keys with the nearest known one, shadowed values, deprecated spellings. */
  warnings: ConfigIssue[];
  legacyIssues: ConfigIssue[];
}

export type ConfigSource = "flag" | "env" | ".env" | "file" | "default";

export interface ConfigExplanation {
  path: string;
  value: unknown;
  source: ConfigSource;
  /** Name of the variable or flag, or path of the file. */
  from: string;
  /** Lower-ranking sources that also set it. */
  shadowed: Array<{ source: ConfigSource; from: string; value: unknown }>;
}

export interface ConfigRevision {
  /** SHA-256 of the content. */
  hash: string;
  /** Epoch milliseconds. */
  at: number;
  author: string;
  reason: string;
}

/** How a change is written down in the history. */
export interface ChangeNote {
  author: string;
  reason: string;
  /** Refuse with CONFIG_CONFLICT when the file's hash is another one. */
  baseHash?: string;
}

/** Read and edit one config file. Every write validates the whole result, is atomic, 0600 and becomes a revision. */
export interface ConfigStore {
  readonly path: string;
  /** Reads and validates afresh. Never throws for bad content: it is in `issues`. */
  read(): ConfigSnapshot;
  /** Sets one path; a string is parsed as the schema wants it (HID-004: a string key keeps strings that look like numbers). */
  set(path: string, value: unknown, note: ChangeNote): ConfigSnapshot;
  unset(path: string, note: ChangeNote): ConfigSnapshot;
  /** Replaces the whole text. */
  replace(raw: string, note: ChangeNote): ConfigSnapshot;
  /** JSON merge patch (RFC 7396): null deletes. Untouched bytes stay as they are. */
  merge(patch: Record<string, unknown>, note: ChangeNote): ConfigSnapshot;
  /** The text {@link merge} would write. */
  mergedText(patch: Record<string, unknown>): string;
  get(path: string): unknown;
  explain(path: string): ConfigExplanation;
  history(limit?: number): ConfigRevision[];
  revision(hashPrefix: string): { revision: ConfigRevision; raw: string };
  revert(hashPrefix: string, note: ChangeNote): ConfigSnapshot;
  /** What a text would mean here, without writing it; null stands for no file. */
  judge(raw: string | null): ConfigJudgement;
  /** What outranks the file: flags and variables, strongest first. */
  overrides(): Array<{ path: readonly string[]; from: string }>;
}

export interface ConfigJudgement {
  /** With flags and variables laid over; null when it is not valid. */
  effective: OpenClawConfig | null;
  /** By itself, defaults included; null when it is not valid. */
  file: OpenClawConfig | null;
  issues: ConfigIssue[];
}

/** The part of the configuration that decides how a gateway is reached; {@link OpenClawConfig} has it all. */
export interface KnownSettings {
  gateway: Pick<OpenClawConfig["gateway"], "mode" | "port" | "bind" | "customBindHost"> & {
    auth: Pick<OpenClawConfig["gateway"]["auth"], "mode" | "token" | "password">;
    tls: Pick<OpenClawConfig["gateway"]["tls"], "enabled" | "cert" | "key" | "ca">;
    remote?: Pick<OpenClawConfig["gateway"]["remote"], "url" | "token" | "password" | "tlsFingerprint">;
  };
  logging?: { file?: string | undefined };
  agents?: { defaults: { model: { primary?: string | undefined } } };
}

/** What a client of the gateway reads of the config file. */
export interface Settings extends Pick<ConfigSnapshot, "exists" | "valid" | "issues"> {
  config: KnownSettings;
}
