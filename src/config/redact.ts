import { isObject } from "../core/json.ts";
import { isSensitivePath } from "./schema/index.ts";

const marker = "[redacted]";

/**
 * A copy of a configuration value fit for a screen or a report: every secret below `path` is replaced. A reference
 * such as `${TOKEN}` is not the secret and stays.
 */
export function redactValue(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => redactValue(item, [...path, String(index)]));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, redactValue(item, [...path, name])]),
    );
  }
  if (value === null || value === undefined || value === "" || typeof value === "boolean") return value;
  if (typeof value === "string" && /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value)) return value;
  return isSensitivePath(path) ? marker : value;
}
