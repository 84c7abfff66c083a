import { formatPath, isSensitivePath } from "../config/index.ts";
import { isObject } from "../core/json.ts";

interface Place {
  path: readonly string[];
  value: string;
}

function* places(value: unknown, path: readonly string[]): Generator<Place> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* places(item, [...path, String(index)]);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) yield* places(item, [...path, name]);
  } else if (typeof value === "string" && value.length >= 4 && !value.includes("${") && isSecret(path)) {
    yield { path, value };
  }
}

const isSecret = (path: readonly string[]): boolean =>
  isSensitivePath(path) || /(?:token|secret|password|apikey)$/i.test(path.at(-1) ?? "");

/** Where a configuration holds a secret as such, and not as a reference to a variable. */
export const secretPathsIn = (config: unknown): string[] =>
  [...places(config, [])].map(({ path }) => formatPath(path));

/** Every secret text of a configuration, so that a diff of the file can be shown without them. */
export const secretsIn = (config: unknown): string[] => [...places(config, [])].map(({ value }) => value);

export function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, "[hidden]"), text);
}
