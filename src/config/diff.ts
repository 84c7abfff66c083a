import { isObject } from "../core/json.ts";
import { formatPath, sameValue } from "./config-path.ts";
import { redactValue } from "./redact.ts";

export interface ConfigChange {
  path: string;
  /** Undefined where the key was not there; secrets are redacted. */
  before: unknown;
  after: unknown;
}

/** What changed between two parsed configurations, key by key. */
export function diffConfigs(before: unknown, after: unknown, path: readonly string[] = []): ConfigChange[] {
  // A whole section that came or went is told key by key too.
  if (isObject(before) && after === undefined && Object.keys(before).length > 0)
    return diffConfigs(before, {}, path);
  if (before === undefined && isObject(after) && Object.keys(after).length > 0)
    return diffConfigs({}, after, path);
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => diffConfigs(own(before, name), own(after, name), [...path, name]));
  }
  if (before === undefined ? after === undefined : sameValue(before, after)) return [];
  return [
    { path: formatPath(path) || ".", before: redactValue(before, path), after: redactValue(after, path) },
  ];
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
