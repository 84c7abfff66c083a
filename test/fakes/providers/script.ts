/** What a fake provider answers with, in the terms of no vendor; each wire file writes it in its vendor's format. */
export interface FakeAnswer {
  text?: string;
  /** Into how many deltas the text is cut; default 3. */
  pieces?: number;
  thinking?: { text: string; signature: string };
  toolCalls?: Array<{ id: string; name: string; input: unknown }>;
  stop?: "stop" | "length" | "content_filter";
  usage?: { input: number; output: number; cacheRead?: number; cacheWrite?: number };
}

export type FakeError =
  | "auth"
  | "rate_limit"
  | "overloaded"
  | "billing"
  | "context_overflow"
  | "content_filter"
  | "server_error"
  | "bad_request"
  | "model_not_found";

export type FakeStep =
  | FakeAnswer
  /** The vendor's own error status, headers and body. */
  | { error: FakeError; retryAfterSeconds?: number; message?: string }
  /** An error event inside a stream that had begun well. */
  | { streamError: FakeError; after: FakeAnswer }
  /** Any status and body. */
  | { status: number; headers?: Record<string, string>; body: string }
  /** Sockets and servers that misbehave. */
  | {
      broken:
        | "html" // 200 and a login page
        | "html_error" // 502 and a proxy's error page
        | "hang" // accepts, never answers
        | "hang_midway" // falls silent after the first deltas
        | "abort_midway" // socket destroyed after the first deltas
        | "truncated" // clean end of the body without the closing events
        | "malformed" // a chunk that is not JSON
        | "redirect" // to another origin
        | "reset"; // socket destroyed before any byte
    };

export interface FakeRequest {
  wire: FakeWire;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Parsed JSON body, null for GET. */
  body: Record<string, unknown> | null;
  /** Counts POSTs from 1. */
  number: number;
}

export type FakeWire = "anthropic-messages" | "openai-responses" | "openai-chat" | "google-generative";

/** Steps are used up in order, the last one stays; or a function decides. */
export type FakeScript = FakeStep[] | ((request: FakeRequest) => FakeStep);

/** One vendor's format. */
export interface FakeFormat {
  wire: FakeWire;
  /** Path prefix of the base URL. */
  basePath: string;
  matches(path: string): boolean;
  /** The SSE text of an answer, cut into what is written at once. */
  frames(answer: FakeAnswer, request: FakeRequest): string[];
  errorResponse(
    kind: FakeError,
    options: { message?: string; retryAfterSeconds?: number },
  ): { status: number; headers: Record<string, string>; body: string };
  /** An error inside a running stream. */
  errorFrame(kind: FakeError): string;
  /** The rule of the vendor's reference that a body breaks, or null. */
  complaint(body: Record<string, unknown>): string | null;
  models(ids: string[]): unknown;
  /** The key a request carries. */
  keyOf(headers: Record<string, string>): string | undefined;
}

export function cut(text: string, pieces: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / pieces));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

export const sse = (data: unknown, event?: string): string =>
  `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

export const list = (value: unknown): Array<Record<string, unknown>> => (Array.isArray(value) ? value : []);

/** How many messages with tool results a request holds since the last thing the user said, in any vendor's format. */
export function toolRounds(body: Record<string, unknown> | null): number {
  const turns = list(body?.["messages"] ?? body?.["input"] ?? body?.["contents"]);
  let rounds = 0;
  for (const turn of turns.toReversed()) {
    const parts = list(turn["content"] ?? turn["parts"]);
    const isResult =
      turn["role"] === "tool" ||
      turn["type"] === "function_call_output" ||
      parts.some((part) => part["type"] === "tool_result" || part["functionResponse"] !== undefined);
    if (isResult) rounds++;
    else if (turn["role"] === "user") return rounds;
  }
  return rounds;
}
