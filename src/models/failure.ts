import { isObject } from "../core/json.ts";
import type { ModelFailure, ModelFailureKind } from "./contract.ts";

/** What is known about a failed call, gathered by the adapter. */
export interface FailureFacts {
  /** `anthropic/claude-opus-4-6`, to begin the message with. */
  ref: string;
  /** HTTP status, when there was an answer. */
  status?: number;
  /** Error type, code or status word of the provider. */
  code?: string;
  /** The provider's own words, or the body. */
  text: string;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** Set when no answer came or it broke off. */
  connection?: boolean;
}

interface Rule {
  kind: ModelFailureKind;
  statuses?: readonly number[];
  words?: RegExp;
}

/**
 * First match wins; words before bare statuses, for providers hide quite different things behind one status. Sources:
 * the error pages of the four vendors' API references, and the messages of llama.cpp, Ollama, LM Studio and vLLM.
 */
const rules: readonly Rule[] = [
  {
    kind: "context_overflow",
    words:
      /context[_ ]length[_ ]exceeded|prompt is too long|maximum context length|exceed\w*.{0,40}context|context (?:window|size|length).{0,40}exceed|input token count.{0,60}exceeds|input is too long|exceed_context_size|too many (?:input )?tokens|longer than the model's context|tokens to keep from the initial prompt|request_too_large/i,
  },
  {
    kind: "rate_limit",
    words: /RESOURCE_EXHAUSTED|rate_limit_(?:error|exceeded)|tokens_per|requests per (?:minute|day)/,
  },
  {
    kind: "billing",
    statuses: [402],
    words:
      /insufficient_quota|credit balance is too low|billing_(?:error|hard|not_active)|exceeded your current quota|payment required|insufficient (?:credits|balance|funds)/i,
  },
  {
    kind: "auth",
    words:
      /invalid_api_key|authentication_error|permission_error|API_KEY_INVALID|API key not valid|API key expired|invalid x-api-key|incorrect api key|invalid bearer token|token has (?:expired|been revoked)|UNAUTHENTICATED/i,
  },
  {
    kind: "overloaded",
    words: /overloaded|server_is_busy|no capacity|capacity exceeded|currently unavailable due to/i,
  },
  {
    kind: "content_filter",
    words:
      /content_filter|content filtering|content_policy|content management policy|PROHIBITED_CONTENT|blocked by .{0,20}safety/i,
  },
  // Our own dialler would not connect: another attempt changes nothing, another model may.
  { kind: "invalid_request", words: /DIAL_REFUSED/ },
  { kind: "context_overflow", statuses: [413] },
  { kind: "auth", statuses: [401, 403] },
  { kind: "rate_limit", statuses: [429] },
  { kind: "overloaded", statuses: [503, 529] },
  { kind: "network", statuses: [408, 499, 502, 504, 520, 521, 522, 523, 524] },
  {
    kind: "invalid_request",
    statuses: [300, 301, 302, 303, 307, 308, 400, 404, 405, 406, 409, 410, 415, 422],
  },
];

const hints: Partial<Record<ModelFailureKind, (provider: string) => string>> = {
  auth: (provider) => `openclaw models auth add --provider ${provider}`,
  billing: () => "check the account's balance at the provider, then: openclaw models status --probe",
  rate_limit: () => "add another login or a fallback model: openclaw models auth add",
  overloaded: () => "try again in a minute, or set agents.defaults.model.fallbacks",
  network: () => "openclaw models status --probe",
  invalid_request: () => "openclaw models list --all",
};

/** Gives a failure its kind, a bounded message without secrets, and the time to wait. */
export function classify(
  facts: FailureFacts,
  options: { redact: (text: string) => string; now: number },
): ModelFailure {
  const kind = kindOf(facts);
  const said = options.redact(facts.text);
  const status = facts.status === undefined ? "" : ` (HTTP ${facts.status})`;
  const retryAfterMs = retryAfter(facts, options.now);
  const hint = hints[kind]?.(facts.ref.split("/")[0] ?? "");
  return {
    kind,
    message: `${facts.ref}${status}: ${said || "no reason was given"}`,
    ...(hint && { hint }),
    ...(facts.status !== undefined && { status: facts.status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function kindOf(facts: FailureFacts): ModelFailureKind {
  if (facts.connection) return "network";
  const text = `${facts.code ?? ""} ${facts.text}`;
  for (const rule of rules) {
    if (rule.words?.test(text) || (facts.status !== undefined && rule.statuses?.includes(facts.status)))
      return rule.kind;
  }
  return "unknown";
}

const longestWaitMs = 24 * 3_600_000;

/** Milliseconds the provider asked to wait, from the headers each vendor documents or Google's RetryInfo. */
function retryAfter(facts: FailureFacts, now: number): number | undefined {
  const headers = facts.headers ?? {};
  const bounded = (ms: number) =>
    Number.isFinite(ms) && ms >= 0 ? Math.min(Math.ceil(ms), longestWaitMs) : undefined;
  const exact = headers["retry-after-ms"];
  if (exact !== undefined) return bounded(Number(exact));
  const plain = headers["retry-after"];
  if (plain !== undefined) {
    if (/^\d+(?:\.\d+)?$/.test(plain.trim())) return bounded(Number(plain) * 1000);
    const at = Date.parse(plain);
    if (!Number.isNaN(at)) return bounded(Math.max(0, at - now));
  }
  if (facts.status !== 429) return undefined;
  const google = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(facts.text)?.[1];
  if (google !== undefined) return bounded(Number(google) * 1000);
  const said = /try again in (\d+(?:\.\d+)?)\s*(ms|s)\b/i.exec(facts.text);
  if (said?.[1]) return bounded(Number(said[1]) * (said[2] === "ms" ? 1 : 1000));
  return undefined;
}

/** Code and words in an error body or in-stream error object of any vendor. */
export function errorWords(value: unknown): { code?: string; text?: string; status?: number } {
  if (typeof value === "string") return { text: value };
  const list: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(list)) return {};
  if (isObject(list["error"]) || typeof list["error"] === "string") {
    const inner = errorWords(list["error"]);
    return {
      ...inner,
      ...(inner.text === undefined && typeof list["message"] === "string" && { text: list["message"] }),
    };
  }
  const codes = [list["type"], list["code"], list["status"], reasonOf(list["details"])].filter(
    (code) => typeof code === "string",
  );
  const status =
    typeof list["code"] === "number" && list["code"] >= 100 && list["code"] < 600 ? list["code"] : undefined;
  return {
    ...(codes.length > 0 && { code: codes.join(" ") }),
    ...(typeof list["message"] === "string" && { text: list["message"] }),
    ...(status !== undefined && { status }),
  };
}

function reasonOf(details: unknown): unknown {
  if (!Array.isArray(details)) return undefined;
  return details.map((detail: unknown) => (isObject(detail) ? detail["reason"] : undefined)).find(Boolean);
}
