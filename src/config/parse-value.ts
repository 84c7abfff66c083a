import JSON5 from "json5";
import { UserError } from "../core/errors.ts";
import { formatPath } from "./config-path.ts";
import { schemaAt, unwrap } from "./schema/index.ts";

type Kind = "text" | "number" | "boolean" | "list" | "object" | "any";

/**
 * Reads what a person typed after `config set <path>` as the schema wants it (HID-004): a key that holds text keeps
 * `12e3…`, `+49170…` and `true` as they are, other keys take JSON5, keys nobody knows take JSON5 where nothing of the
 * text would be lost.
 * @throws UserError CONFIG_VALUE_INVALID
 */
export function parseValue(path: readonly string[], typed: string): unknown {
  const kinds = kindsAt(path);
  if (kinds.has("text") && kinds.size === 1) return unquoted(typed);
  const parsed = tryParse(typed);
  const isText = parsed === undefined || typeof parsed.value === "string";
  if (kinds.has("text") && isText) return unquoted(typed);
  if (kinds.has("any")) return looseValue(typed, parsed);
  if (parsed && [...kinds].some((kind) => matches(kind, parsed.value))) return parsed.value;
  // The short spelling of a model, and what only the validation of the whole can judge.
  if (kinds.has("object") && isText) return unquoted(typed);
  if (parsed && !isText) return parsed.value;
  throw new UserError(
    "CONFIG_VALUE_INVALID",
    `${formatPath(path)} takes ${[...kinds].map((kind) => names[kind]).join(" or ")}, got ${JSON.stringify(typed.slice(0, 80))}`,
    { hint: `see openclaw config get --explain ${formatPath(path)}` },
  );
}

const names: Record<Kind, string> = {
  text: "text",
  number: "a number",
  boolean: "true or false",
  list: 'a list such as ["a", "b"]',
  object: "an object { … }",
  any: "anything",
};

function kindsAt(path: readonly string[]): Set<Kind> {
  const { node } = schemaAt(path);
  return node ? kindsOf(node) : new Set(["any"]);
}

function kindsOf(node: ReturnType<typeof unwrap>): Set<Kind> {
  const { def } = node._zod;
  switch (def.type) {
    case "string":
    case "enum":
      return new Set(["text"]);
    case "literal":
      return new Set(def.values.every((value) => typeof value === "string") ? ["text"] : ["any"]);
    case "number":
      return new Set(["number"]);
    case "boolean":
      return new Set(["boolean"]);
    case "array":
      return new Set(["list"]);
    case "object":
    case "record":
      return new Set(["object"]);
    case "union":
      return new Set(def.options.flatMap((option) => [...kindsOf(unwrap(option))]));
    default:
      return new Set(["any"]);
  }
}

function tryParse(typed: string): { value: unknown } | undefined {
  try {
    return { value: JSON5.parse(typed) };
  } catch {
    return undefined;
  }
}

function matches(kind: Kind, value: unknown): boolean {
  if (kind === "list") return Array.isArray(value);
  if (kind === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

/** Text may be typed with the quotes of JSON5 around it. */
function unquoted(typed: string): string {
  if (!/^(["'])[\s\S]*\1$/.test(typed.trim())) return typed;
  const parsed = tryParse(typed);
  return typeof parsed?.value === "string" ? parsed.value : typed;
}

/** Numbers only when they print as they were typed: ids and phone numbers of unknown keys stay text. */
function looseValue(typed: string, parsed: { value: unknown } | undefined): unknown {
  if (!parsed) return typed;
  if (typeof parsed.value === "number") return String(parsed.value) === typed.trim() ? parsed.value : typed;
  return parsed.value;
}
