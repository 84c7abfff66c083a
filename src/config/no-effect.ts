import { isObject } from "../core/json.ts";
import { formatPath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { channelNames, configSchema, noEffectKeys } from "./schema/index.ts";

/**
 * Keys of this file that say something other than the default and yet change nothing: one warning per key of the list,
 * at the first place where it is set.
 */
export function findNoEffect(data: unknown): ConfigIssue[] {
  const found: ConfigIssue[] = [];
  let defaults: unknown;
  for (const { prefix, reason } of noEffectKeys()) {
    const path = placesOf(prefix.split("."), data).find((place) => {
      // Made only when such a key is there at all: most files have none, and this is read at every start.
      defaults ??= configSchema.parse({}, { jitless: true });
      return differs(at(data, place), at(defaults, place));
    });
    if (path) {
      found.push({
        path: formatPath(path),
        message: `accepted, but it has no effect in this version (${reason})`,
      });
    }
  }
  return [...found, ...unknownChannels(data)];
}

function unknownChannels(data: unknown): ConfigIssue[] {
  const channels = at(data, ["channels"]);
  if (!isObject(channels)) return [];
  // Which channels a plug-in brings stands in its folder.
  const folders = at(data, ["plugins", "load", "paths"]);
  if (Array.isArray(folders) && folders.length > 0) return [];
  return Object.entries(channels).flatMap(([name, entry]) =>
    channelNames.includes(name) || (isObject(entry) && entry["enabled"] === false)
      ? []
      : [
          {
            path: formatPath(["channels", name]),
            message: `accepted, but it has no effect in this version (there is no such channel; there is ${channelNames.join(", ")})`,
          },
        ],
  );
}

/** Paths of `data` that match; `*` stands for any name or index. */
function placesOf(pattern: readonly string[], data: unknown): string[][] {
  const [first, ...rest] = pattern;
  if (first === undefined) return [[]];
  if (typeof data !== "object" || data === null) return [];
  const names = first === "*" ? Object.keys(data) : Object.hasOwn(data, first) ? [first] : [];
  return names.flatMap((name) =>
    placesOf(rest, (data as Record<string, unknown>)[name]).map((tail) => [name, ...tail]),
  );
}

function at(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Whether what the file says is anything but the default; objects are compared member by member. */
function differs(value: unknown, preset: unknown): boolean {
  if (isObject(value) && (isObject(preset) || preset === undefined)) {
    return Object.entries(value).some(([name, item]) => differs(item, preset?.[name]));
  }
  return JSON.stringify(value) !== JSON.stringify(preset);
}
