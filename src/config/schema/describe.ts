import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";
import { isObject } from "../../core/json.ts";
import { configSchema } from "./root.ts";
import { keyInfo } from "./key.ts";
import { schemaPaths } from "./lookup.ts";

/** How a form shows one key (RPC `config.schema`, protocol.md 3.2). */
export interface UiHint {
  label?: string;
  help?: string;
  group?: string;
  order?: number;
  advanced?: boolean;
  sensitive?: boolean;
  placeholder?: string;
}

const safeInteger = 2 ** 53 - 1;

/** JSON Schema (draft-07) of `openclaw.json` as people write it: nothing is required, defaults are named. */
export function configJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(configSchema, {
    target: "draft-7",
    io: "input",
    metadata: keyInfo,
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      const node = jsonSchema as Record<string, unknown>;
      delete node["sensitive"];
      delete node["reload"];
      delete node["advanced"];
      delete node["placeholder"];
      // zod writes the limits of a safe integer into every integer: noise for readers and editors.
      if (node["maximum"] === safeInteger) delete node["maximum"];
      if (node["minimum"] === -safeInteger) delete node["minimum"];
    },
  });
  const root = JSON.parse(JSON.stringify(schema)) as JsonObject;
  acceptShorthands(root);
  return { ...root, title: "OpenClaw configuration" };
}

/** `"provider/model"` is accepted where the schema wants `{primary, fallbacks}` (CONF-55). */
function acceptShorthands(value: unknown): void {
  if (Array.isArray(value)) return value.forEach(acceptShorthands);
  if (!isObject(value)) return;
  for (const child of Object.values(value)) acceptShorthands(child);
  if (typeof value["shorthand"] === "string" && value["type"] === "object") {
    const { shorthand: _, description, default: preset, ...object } = value;
    for (const name of Object.keys(value)) delete value[name];
    Object.assign(value, { description, anyOf: [{ type: "string" }, object] });
    if (preset !== undefined) value["default"] = preset;
  }
}

/** What forms need beside the JSON Schema, by dotted path with `*` for any name. */
export function uiHints(): Record<string, UiHint> {
  const hints: Record<string, UiHint> = {};
  let order = 0;
  for (const { path, info } of schemaPaths()) {
    hints[path] = {
      label: labelOf(path),
      help: info.description,
      group: path.split(".", 1)[0] ?? path,
      order: order++,
      ...(info.advanced && { advanced: true }),
      ...(info.sensitive && { sensitive: true }),
      ...(info.placeholder && { placeholder: info.placeholder }),
    };
  }
  return hints;
}

/** `agents.defaults.timeoutSeconds` → `Timeout seconds`. */
function labelOf(path: string): string {
  const name = path.split(".").findLast((segment) => segment !== "*") ?? path;
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
