import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { defaultGatewayPort, readTextIfExists, type Env, type Paths } from "../state/index.ts";
import { getAt, parsePath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { hashOf } from "./history.ts";
import { readOverrides, type Override } from "./overlay.ts";
import type { OpenClawConfig } from "./schema/index.ts";

/** A config file looked at without touching anything: no revision is noted, no note written (HID-025). */
export interface ConfigInspection extends Pick<
  Evaluation,
  "parsed" | "resolved" | "issues" | "warnings" | "legacyIssues"
> {
  exists: boolean;
  raw: string | null;
  /** SHA-256 of `raw`; "" when there is no file. */
  hash: string;
  valid: boolean;
  /** Effective; of an invalid file what remains without the values that are wrong. */
  config: OpenClawConfig;
}

/** Reads and judges the config file of a state, or the text given instead of it. Never throws for bad content. */
export function inspectConfig(input: {
  paths: Paths;
  env: Env;
  dotenv: Env;
  raw?: string | null;
}): ConfigInspection {
  const { paths, env, dotenv } = input;
  const raw = input.raw === undefined ? readTextIfExists(paths.configPath) : input.raw;
  const defaults = {
    "gateway.port": defaultGatewayPort(paths.profile),
    "agents.defaults.workspace": paths.defaultWorkspaceDir,
  };
  const { overrides, problem } = overridesOf(env, dotenv);
  const judge = (text: string | null) =>
    evaluate({ raw: text, env: { ...dotenv, ...env }, home: paths.home, overrides, defaults });
  const first = judge(raw);
  return {
    exists: raw !== null,
    raw,
    hash: raw === null ? "" : hashOf(raw),
    valid: first.config !== null,
    parsed: first.parsed,
    resolved: first.resolved,
    config: first.config ?? salvage(first, judge),
    issues: [...first.issues, ...problem],
    warnings: first.warnings,
    legacyIssues: first.legacyIssues,
  };
}

function overridesOf(env: Env, dotenv: Env): { overrides: Override[]; problem: ConfigIssue[] } {
  try {
    return { overrides: readOverrides({ env, dotenv, flags: [] }), problem: [] };
  } catch (error) {
    return { overrides: [], problem: [{ path: "", message: messageOf(error) }] };
  }
}

/** Leaves out one wrong value after the other until the rest is valid; all defaults when there is no end to it. */
function salvage(broken: Evaluation, judge: (raw: string | null) => Evaluation): OpenClawConfig {
  let evaluation = broken;
  const data = isObject(broken.parsed) ? structuredClone(broken.parsed) : {};
  for (let round = 0; round < 20 && evaluation.config === null; round++) {
    for (const { path } of evaluation.issues) if (path) remove(data, path);
    evaluation = judge(JSON.stringify(data));
  }
  const config = evaluation.config ?? judge(null).config;
  if (config) return config;
  throw new TypeError("the defaults of the configuration are not valid");
}

function remove(data: Record<string, unknown>, path: string): void {
  const segments = parsePath(path);
  const owner = getAt(data, segments.slice(0, -1));
  const name = segments.at(-1) ?? "";
  if (Array.isArray(owner)) owner.splice(Number(name), 1);
  else if (isObject(owner)) delete owner[name];
  else if (segments.length > 1) remove(data, segments.slice(0, -1).join("."));
}
