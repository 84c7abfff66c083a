import { isObject, type JsonValue } from "../../../core/json.ts";
import type { PromptMessage } from "../../contract.ts";

type ToolResult = Extract<PromptMessage, { role: "tool" }>["results"][number];

const maxQuoted = 4_000;

/** What it says when it cannot help: the truth and the way out. */
export const noModel =
  "No language model is configured, so I can only follow a few fixed commands (“remember …”, “what do you know " +
  "about …”, “list files”, “read FILE”, “run COMMAND”); add a model with `openclaw models auth add`.";

/** An answer made from the result of one tool call. */
export function answerFrom(call: { name: string; input: JsonValue }, result: ToolResult): string {
  const said = result.content
    .flatMap((part) => (part.type === "text" ? [part.text] : ["[image]"]))
    .join("\n")
    .trim();
  const input = isObject(call.input) ? call.input : {};
  const field = (name: string) => (typeof input[name] === "string" ? input[name] : "");
  if (result.isError) return failure(call.name, said);
  switch (call.name) {
    case "memory_save":
      return `Remembered: ${field("text")}`;
    case "write":
      return field("path").startsWith("memory/")
        ? `Remembered: ${field("content").replace(/^- /, "").trim()}`
        : `Wrote ${field("path")}.`;
    case "memory_search":
      return nothingFound(said)
        ? `I found nothing about ${field("query")} in memory.`
        : `From memory: ${remembered(said, field("query"))}`;
    case "ls":
      return `Files in ${field("path") || "the workspace"}:\n${bounded(said) || "(none)"}`;
    case "read":
      return `${field("path")}:\n${bounded(said)}`;
    case "exec":
      return `Output of \`${field("command")}\`:\n${bounded(said) || "(no output)"}`;
    case "web_fetch":
      return `${field("url")} says:\n${bounded(said)}`;
    default:
      return `${call.name} answered:\n${bounded(said) || "(nothing)"}`;
  }
}

function failure(name: string, said: string): string {
  const reason = bounded(said) || "no reason was given";
  if (/\b(?:denied|not allowed|refused|approval)\b/i.test(said))
    return `I was not allowed to use ${name}: ${reason}`;
  return `${name} failed: ${reason}`;
}

/** The lines that answer the question, without the headings and line numbers that a search shows around them. */
function remembered(said: string, query: string): string {
  const words = query
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
  const lines = said
    .split("\n")
    .map((line) => line.replace(/^\s*[-*] (?:\d{4}-\d\d-\d\d: )?/, "").trim())
    .filter((line) => words.some((word) => line.toLowerCase().includes(word)));
  return lines.length === 0 ? `\n${bounded(said)}` : bounded([...new Set(lines)].join("; "));
}

function nothingFound(said: string): boolean {
  if (said === "" || said === "(no output)") return true;
  return /^(?:no (?:results|matches|memories|entries|notes)|nothing)\b/i.test(said);
}

function bounded(text: string): string {
  if (text.length <= maxQuoted) return text;
  return `${text.slice(0, maxQuoted).toWellFormed()}\n… (${text.length - maxQuoted} more characters)`;
}
