import { isObject, type JsonValue } from "../core/json.ts";

const maxCallId = 40; // OpenAI's limit for chat completions, the smallest of all
const maxToolName = 64;

/** Gives tool calls ids that every provider accepts and that are unique in one prompt; `taken` are given already. */
export function createNamer(taken: Iterable<string> = []): {
  callId(original: string): string;
  used: ReadonlySet<string>;
} {
  const used = new Set<string>(taken);
  return {
    used,
    callId(original) {
      const base = original.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxCallId) || "call";
      let id = base;
      for (let n = 2; used.has(id); n++) {
        const suffix = `_${n}`;
        id = base.slice(0, maxCallId - suffix.length) + suffix;
      }
      used.add(id);
      return id;
    },
  };
}

/** A function name valid for every wire: Google wants a letter or `_` first, the others the same alphabet. */
export function toolName(original: string): string {
  const name = original.replace(/[^a-zA-Z0-9_-]/g, "_") || "tool";
  return (/^[a-zA-Z_]/.test(name) ? name : `_${name}`).slice(0, maxToolName);
}

/** Tool input as an object without lone surrogates; anything else is put under `input`. */
export function objectInput(input: JsonValue): JsonValue {
  const clean = wellFormed(input);
  return isObject(clean) ? clean : { input: clean };
}

function wellFormed(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  );
}
