import { cut, list, sse, type FakeError, type FakeFormat } from "./script.ts";

const errors: Record<FakeError, [status: number, word: string, message: string]> = {
  auth: [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  rate_limit: [
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
  ],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
  billing: [402, "FAILED_PRECONDITION", "Billing account is not active."],
  context_overflow: [
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ],
  content_filter: [400, "INVALID_ARGUMENT", "The request was blocked by PROHIBITED_CONTENT."],
  server_error: [500, "INTERNAL", "An internal error has occurred."],
  bad_request: [400, "INVALID_ARGUMENT", "Invalid JSON payload received."],
  model_not_found: [404, "NOT_FOUND", "models/x is not found for API version v1beta."],
};

/** Gemini `streamGenerateContent?alt=sse` (ai.google.dev, "Generating content", "Troubleshooting"). */
export const googleFormat: FakeFormat = {
  wire: "google-generative",
  basePath: "/v1beta",
  matches: (path) => /^\/v1beta\/models\/[^/]+:streamGenerateContent$/.test(path),
  keyOf: (headers) => headers["x-goog-api-key"],
  frames(answer, request) {
    const usage = answer.usage ?? { input: 11, output: 7 };
    const modelVersion = /models\/([^:]+):/.exec(request.path)?.[1];
    const base = { modelVersion, responseId: `r${request.number}` };
    const frame = (parts: unknown[], more: Record<string, unknown> = {}) =>
      sse({ candidates: [{ content: { role: "model", parts }, index: 0, ...more }], ...base });
    const frames: string[] = [];
    if (answer.thinking)
      for (const text of cut(answer.thinking.text, 2)) frames.push(frame([{ text, thought: true }]));
    if (answer.text) for (const text of cut(answer.text, answer.pieces ?? 3)) frames.push(frame([{ text }]));
    for (const [i, call] of (answer.toolCalls ?? []).entries()) {
      const signature = i === 0 && answer.thinking ? { thoughtSignature: answer.thinking.signature } : {};
      frames.push(
        frame([{ functionCall: { id: call.id, name: call.name, args: call.input }, ...signature }]),
      );
    }
    const finishReason =
      answer.stop === "content_filter" ? "SAFETY" : answer.stop === "length" ? "MAX_TOKENS" : "STOP";
    const cached = usage.cacheRead ?? 0;
    frames.push(
      sse({
        candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason, index: 0 }],
        usageMetadata: {
          promptTokenCount: usage.input + cached,
          candidatesTokenCount: usage.output,
          totalTokenCount: usage.input + cached + usage.output,
          cachedContentTokenCount: cached,
        },
        ...base,
      }),
    );
    return frames;
  },
  errorResponse(kind, options) {
    const [code, status, message] = errors[kind];
    const details: unknown[] = [];
    if (kind === "auth")
      details.push({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" });
    if (options.retryAfterSeconds !== undefined)
      details.push({
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        retryDelay: `${options.retryAfterSeconds}s`,
      });
    return {
      status: code,
      headers: { "content-type": "application/json; charset=UTF-8" },
      body: JSON.stringify({ error: { code, message: options.message ?? message, status, details } }),
    };
  },
  errorFrame(kind) {
    const [code, status, message] = errors[kind];
    return sse({ error: { code, message, status } });
  },
  complaint(body) {
    const contents = list(body["contents"]);
    if (contents.length === 0) return "GenerateContentRequest.contents: contents is not specified";
    if (contents[0]?.["role"] !== "user") return "Please ensure that the first turn is a user turn.";
    for (const [i, content] of contents.entries()) {
      const parts = list(content["parts"]);
      if (parts.length === 0) return `contents[${i}].parts: must have at least one part`;
      const calls = parts.filter((part) => part["functionCall"] !== undefined).length;
      if (calls > 0 && contents[i - 1]?.["role"] !== "user")
        return "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
      const answers = list(contents[i + 1]?.["parts"]).filter(
        (part) => part["functionResponse"] !== undefined,
      ).length;
      if (calls !== answers && content["role"] === "model")
        return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
    }
    return null;
  },
  models: (ids) => ({
    models: ids.map((id) => ({ name: `models/${id}`, supportedGenerationMethods: ["generateContent"] })),
  }),
};
