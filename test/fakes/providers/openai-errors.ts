import type { FakeError } from "./script.ts";

type Row = [status: number, type: string, code: string | null, message: string];

const rows: Record<FakeError, Row> = {
  auth: [
    401,
    "invalid_request_error",
    "invalid_api_key",
    "Incorrect API key provided: sk-fake1234567890abcd.",
  ],
  rate_limit: [
    429,
    "requests",
    "rate_limit_exceeded",
    "Rate limit reached for requests. Please try again in 20s.",
  ],
  overloaded: [503, "server_error", null, "The engine is currently overloaded, please try again later"],
  billing: [
    429,
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
  ],
  context_overflow: [
    400,
    "invalid_request_error",
    "context_length_exceeded",
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
  ],
  content_filter: [400, "invalid_request_error", "content_policy_violation", "Your request was rejected."],
  server_error: [500, "server_error", null, "The server had an error while processing your request."],
  bad_request: [400, "invalid_request_error", null, "Unknown parameter."],
  model_not_found: [404, "invalid_request_error", "model_not_found", "The model `x` does not exist."],
};

export function openaiError(kind: FakeError, options: { message?: string; retryAfterSeconds?: number } = {}) {
  const [status, type, code, said] = rows[kind];
  const headers: Record<string, string> = { "content-type": "application/json", "x-request-id": "req_fake" };
  if (options.retryAfterSeconds !== undefined) headers["retry-after"] = String(options.retryAfterSeconds);
  if (kind === "rate_limit") {
    headers["x-ratelimit-remaining-requests"] = "0";
    headers["x-ratelimit-reset-requests"] = "20s";
  }
  const error = { message: options.message ?? said, type, param: null, code };
  return { status, headers, error, body: JSON.stringify({ error }) };
}

export const bearerOf = (headers: Record<string, string>): string | undefined =>
  headers["authorization"]?.replace(/^Bearer /, "");

export const openaiModels = (ids: string[]) => ({
  object: "list",
  data: ids.map((id) => ({ id, object: "model", created: 1_767_225_600, owned_by: "fake" })),
});
