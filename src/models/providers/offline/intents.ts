import type { JsonObject } from "../../../core/json.ts";
import { isObject } from "../../../core/json.ts";
import type { ToolSpec } from "../../contract.ts";

/** What a sentence asks for, as far as fixed rules can tell. */
export type Intent =
  | { kind: "say"; text: string }
  | { kind: "call"; tool: string; input: JsonObject; subject: string }
  /** Understood, but the tool for it is not there. */
  | { kind: "lacking"; tool: string }
  | { kind: "unknown" };

interface Rule {
  pattern: RegExp;
  /** Tools in order of preference with the input each takes. */
  calls: (words: string) => Array<{ tool: string; input: JsonObject }>;
}

const call = (tool: string, input: JsonObject) => ({ tool, input });
const polite = String.raw`^(?:please\s+|can you\s+|could you\s+)?`;
const rule = (pattern: string, calls: Rule["calls"]): Rule => ({
  pattern: new RegExp(`${polite}${pattern}$`, "iu"),
  calls,
});

const rules: Rule[] = [
  rule(String.raw`(?:remember|memorize|note)(?:\s+that|\s*:)?\s+(.+)`, (words) => [
    call("memory_save", { text: words }),
    call("write", { path: `memory/${fileName(words)}.md`, content: `- ${words}\n` }),
  ]),
  rule(
    String.raw`(?:what do you (?:know|remember) about|what is|what's|do you remember|recall|search (?:your )?memory for)\s+(.+)`,
    (words) => [call("memory_search", { query: searchWords(words) })],
  ),
  rule(String.raw`(?:fetch|open|get|summarize|search)\s+<?(https?:\/\/\S+?)>?`, (words) => [
    call("web_fetch", { url: words }),
  ]),
  rule(String.raw`(?:search(?: the web)? for|search)\s+(.+)`, (words) => [
    call("web_search", { query: words }),
    call("memory_search", { query: words }),
  ]),
  rule(String.raw`(?:list|show)(?: me)?(?: the| all)? files(?:\s+(?:in|of|under)\s+(.+))?`, (words) => [
    call("ls", words ? { path: words } : {}),
  ]),
  rule(String.raw`(?:read|show|cat|print)(?: me)?(?: the)?(?: file)?\s+(\S+)`, (words) => [
    call("read", { path: words }),
  ]),
  rule(String.raw`(?:run|execute|exec)(?: the command)?(?:\s*:)?\s+(.+)`, (words) => [
    call("exec", { command: words }),
  ]),
];

/**
 * Reads a message by fixed rules. Messages may come wrapped (sender, time, quotes), so the whole text is tried first
 * and then its lines from the last to the first.
 */
export function understand(message: string, tools: readonly ToolSpec[]): Intent {
  const whole = message.trim();
  const exact = /^(?:please\s+)?(?:reply|respond|answer) with(?: exactly| only)?:\s*([\s\S]+)$/i;
  const lines = [whole, ...whole.split("\n").reverse()].map((line) => line.trim()).filter(Boolean);
  for (const line of lines) {
    const wanted = exact.exec(line)?.[1];
    if (wanted) return { kind: "say", text: wanted.trim() };
  }
  if (/\bHEARTBEAT_OK\b/.test(whole)) return { kind: "say", text: "HEARTBEAT_OK" };
  let lacking: Intent | null = null;
  for (const line of lines) {
    const named = namedCall(line, tools);
    if (named) return named;
    for (const { pattern, calls } of rules) {
      const match = pattern.exec(line);
      if (!match) continue;
      const words = unquote(match[1] ?? "");
      const options = calls(words);
      const usable = options.find((option) => tools.some((tool) => tool.name === option.tool));
      if (usable) return { kind: "call", ...usable, subject: words };
      lacking ??= { kind: "lacking", tool: options[0]?.tool ?? "" };
    }
  }
  return lacking ?? { kind: "unknown" };
}

/** `call NAME {"json": …}` calls any tool there is: for trying out tools and for clients that bring their own. */
function namedCall(line: string, tools: readonly ToolSpec[]): Intent | null {
  const match = /^(?:call|use)(?: the)?(?: tool)?\s+([a-zA-Z0-9_-]+)(?:\s+(?:with\s+)?(\{.*\}))?$/i.exec(
    line,
  );
  const tool = tools.find((candidate) => candidate.name === match?.[1]);
  if (!tool) return null;
  return { kind: "call", tool: tool.name, input: parseObject(match?.[2]) ?? {}, subject: tool.name };
}

/** Input for a tool that must be called whatever was said: its required fields, texts filled with the message. */
export function forcedInput(tool: ToolSpec, message: string): JsonObject {
  const properties = isObject(tool.inputSchema["properties"]) ? tool.inputSchema["properties"] : {};
  const required = Array.isArray(tool.inputSchema["required"]) ? tool.inputSchema["required"] : [];
  const input: JsonObject = {};
  for (const name of required) {
    if (typeof name !== "string") continue;
    const schema = properties[name];
    const choices = isObject(schema) && Array.isArray(schema["enum"]) ? schema["enum"] : [];
    const type = isObject(schema) ? schema["type"] : undefined;
    if (choices.length > 0) input[name] = choices[0] as string;
    else if (type === "number" || type === "integer") input[name] = 0;
    else if (type === "boolean") input[name] = false;
    else if (type === "array") input[name] = [];
    else if (type === "object") input[name] = {};
    else input[name] = message;
  }
  return input;
}

function parseObject(text: string | undefined): JsonObject | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (value as JsonObject) : null;
  } catch {
    return null; // not JSON: the tool is called without input and its own check says what is missing
  }
}

function unquote(words: string): string {
  const match = /^(["'`])(.*)\1$/s.exec(words.trim());
  return (match?.[2] ?? words).trim();
}

function searchWords(words: string): string {
  return words
    .replace(/^(?:my|the|our|your|a|an)\s+/i, "")
    .replace(/[.!?]+$/, "")
    .trim();
}

function fileName(words: string): string {
  const slug = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-|-$/g, "");
  return slug || "note";
}
