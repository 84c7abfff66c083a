import type { JsonObject, JsonValue } from "../core/json.ts";
import type { StopReason, ThinkingLevel, TranscriptEntry, Usage } from "../core/conversation.ts";

/** `provider/model`, e.g. `anthropic/claude-opus-4-6`; only the first slash separates. */
export interface ModelRef {
  provider: string;
  model: string;
}

export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the input object. */
  inputSchema: JsonObject;
}

export interface ModelRequest {
  ref: ModelRef;
  system: string;
  /** Valid by construction for this provider: made by `project()` (projection.ts). */
  messages: PromptMessage[];
  tools: ToolSpec[];
  toolChoice?: "auto" | "none" | "required" | { name: string };
  thinking: ThinkingLevel;
  maxOutputTokens?: number;
  /** Stable per session: providers use it as cache key. */
  sessionId: string;
}

/** Neutral prompt message. Every tool_call is followed by its tool result before the next user or assistant message. */
export type PromptMessage =
  | {
      role: "user";
      content: Array<{ type: "text"; text: string } | { type: "image"; mimeType: string; data: Uint8Array }>;
    }
  | {
      role: "assistant";
      content: Array<
        | { type: "text"; text: string }
        | { type: "thinking"; thinking: string; signature?: string }
        | { type: "tool_call"; id: string; name: string; input: JsonValue }
      >;
    }
  | {
      role: "tool";
      results: Array<{
        id: string;
        name: string;
        isError: boolean;
        content: Array<
          { type: "text"; text: string } | { type: "image"; mimeType: string; data: Uint8Array }
        >;
      }>;
    };

/** A stream never throws: it ends with exactly one `finish` or `error`. */
export type ModelEvent =
  | { type: "text"; delta: string }
  | { type: "thinking"; delta: string }
  | { type: "thinking_end"; signature?: string }
  | { type: "tool_call"; id: string; name: string; input: JsonValue }
  | { type: "finish"; stopReason: StopReason; usage: Usage }
  | { type: "error"; error: ModelFailure; usage: Usage };

export type ModelFailureKind =
  | "auth"
  | "rate_limit"
  | "overloaded"
  | "billing"
  | "context_overflow"
  | "network"
  | "invalid_request"
  | "content_filter"
  | "not_configured"
  | "aborted"
  | "unknown";

export interface ModelFailure {
  kind: ModelFailureKind;
  /** Names provider and model, quotes the provider's own words, bounded and redacted. */
  message: string;
  hint?: string;
  status?: number;
  /** Milliseconds the provider asked to wait. */
  retryAfterMs?: number;
}

/** One wire format. Brands that share a format share an adapter. */
export interface ModelProvider {
  readonly wire: "offline" | "anthropic-messages" | "openai-responses" | "openai-chat" | "google-generative";
  stream(
    request: ModelRequest,
    credential: ProviderCredential,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
}

/** Where and as whom to call. `apiKey` is revealed only in the adapter. */
export interface ProviderCredential {
  profileId: string | null;
  apiKey: { reveal(): string } | null;
  kind: "api_key" | "token" | "oauth" | "none";
  baseUrl: string | null;
  headers: Record<string, string>;
}

export interface CatalogModel {
  ref: string;
  provider: string;
  id: string;
  name: string;
  contextWindow: number;
  maxOutputTokens: number;
  reasoning: boolean;
  input: Array<"text" | "image">;
  /** US dollars per million tokens. */
  price?: { input: number; output: number; cacheRead?: number; cacheWrite?: number };
}

export interface AuthStatus {
  provider: string;
  profileId: string;
  kind: ProviderCredential["kind"];
  /** Where it came from: `env:ANTHROPIC_API_KEY`, `.env`, `credentials/…`, `config`, `loopback`, `builtin`. */
  source: string;
  state: "valid" | "expired" | "missing" | "cooldown" | "disabled" | "invalid" | "unreachable";
  detail?: string;
  expiresAt?: number;
  cooldownUntil?: number;
  latencyMs?: number;
}

/** What the agent loop sees of all models: choice, credentials, failover and cool-downs are behind it. */
export interface ModelRouter {
  /** Streams one assistant message. Tries profiles, then fallbacks; each switch is reported through `onFailover`. */
  stream(
    request: {
      agentId: string;
      /** Override by session or message; absent means the agent's configured model. */
      model?: string;
      system: string;
      entries: TranscriptEntry[];
      loadMedia: (digest: string) => Uint8Array | null;
      tools: ToolSpec[];
      toolChoice?: ModelRequest["toolChoice"];
      thinking: ThinkingLevel;
      maxOutputTokens?: number;
      sessionId: string;
      onFailover?: (from: string, to: string, why: string) => void;
    },
    signal: AbortSignal,
  ): AsyncIterable<RoutedModelEvent>;
  /** The model a request would use first. */
  resolve(agentId: string, override?: string): CatalogModel;
  list(options?: { all?: boolean }): CatalogModel[];
  /** Auth state per provider and profile; with `probe` each is asked for real. */
  status(options: { probe?: boolean; agentId?: string; signal?: AbortSignal }): Promise<AuthStatus[]>;
  /** Estimated tokens of the prompt parts not yet sent. */
  estimateTokens(text: string): number;
}

/** As ModelEvent, plus which model speaks. `selected` comes first; after a failover it comes again and text starts anew. */
export type RoutedModelEvent = { type: "selected"; provider: string; model: string } | ModelEvent;
