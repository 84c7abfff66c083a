import { accessWarnings } from "./access-issues.ts";
import JSON5 from "json5";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Env } from "../state/index.ts";
import { findReserved, formatPath, getAt, setAt } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { crossCheck } from "./cross-checks.ts";
import { describeIssues } from "./issues.ts";
import { findNoEffect } from "./no-effect.ts";
import { normalize } from "./normalize.ts";
import type { Override } from "./overlay.ts";
import { configSchema, type OpenClawConfig } from "./schema/index.ts";
import { substitute } from "./substitute.ts";
import { findUnknownKeys } from "./unknown-keys.ts";

export interface EvaluateInput {
  /** Text of the file; null when there is none. */
  raw: string | null;
  env: Env;
  home: string;
  /** Strongest first. */
  overrides: readonly Override[];
  /** Defaults that depend on the profile and the machine, by dotted path. */
  defaults: Readonly<Record<string, unknown>>;
}

export interface Evaluation {
  /** What the file says; null when it is no JSON5. */
  parsed: unknown;
  /** The file with variables filled in and older spellings rewritten, before overrides and defaults. */
  resolved: Record<string, unknown>;
  /** Null when there are issues. */
  config: OpenClawConfig | null;
  issues: ConfigIssue[];
  warnings: ConfigIssue[];
  legacyIssues: ConfigIssue[];
}

/** From text to effective configuration. Pure; never throws for bad content. */
export function evaluate(input: EvaluateInput): Evaluation {
  const failed = (parsed: unknown, issue: ConfigIssue): Evaluation => ({
    parsed,
    resolved: {},
    config: null,
    issues: [issue],
    warnings: [],
    legacyIssues: [],
  });
  let parsed: unknown = {};
  if (input.raw !== null) {
    if (!input.raw.trim())
      return failed(null, { path: "", message: "the file is empty; write {} for all defaults" });
    try {
      parsed = JSON5.parse(input.raw);
    } catch (error) {
      return failed(null, {
        path: "",
        message: `not valid JSON5: ${messageOf(error).replace(/^JSON5: /, "")}`,
      });
    }
  }
  if (!isObject(parsed)) return failed(parsed, { path: "", message: "the file must hold an object { … }" });
  const reserved = findReserved(parsed);
  if (reserved) return failed(parsed, { path: formatPath(reserved), message: "this name is reserved" });

  const { value, missing } = substitute(parsed, { ...variablesOf(parsed), ...input.env });
  const resolved = value as Record<string, unknown>;
  const legacyIssues = normalize(resolved, input.home);
  const warnings = [...missing, ...findUnknownKeys(resolved), ...findNoEffect(resolved)];

  const data = structuredClone(resolved);
  for (const override of input.overrides.toReversed()) setAt(data, override.path, override.value);
  // A password from the environment means password login unless the file says something else.
  normalize(data, input.home);
  const result = configSchema.safeParse(data, { jitless: true });
  if (!result.success) {
    return {
      parsed,
      resolved,
      config: null,
      issues: describeIssues(result.error.issues, data),
      warnings,
      legacyIssues,
    };
  }
  const contradictions = crossCheck(result.data);
  return {
    parsed,
    resolved,
    config: contradictions.length > 0 ? null : withDefaults(result.data, data, input.defaults),
    issues: contradictions,
    warnings: [...warnings, ...accessWarnings(result.data)],
    legacyIssues,
  };
}

/** `env.vars` may feed `${…}` of the same file, weaker than real variables. */
function variablesOf(parsed: Record<string, unknown>): Record<string, string> {
  const section = parsed["env"];
  const vars = isObject(section) && isObject(section["vars"]) ? section["vars"] : {};
  return Object.fromEntries(
    Object.entries(vars).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function withDefaults(
  config: OpenClawConfig,
  data: unknown,
  defaults: Readonly<Record<string, unknown>>,
): OpenClawConfig {
  for (const [path, value] of Object.entries(defaults)) {
    const segments = path.split(".");
    if (getAt(data, segments) === undefined) setAt(config, segments, value);
  }
  config.browser.controlPort ??= config.gateway.port + 2;
  config.canvasHost.port ??= config.gateway.port + 4;
  return config;
}
