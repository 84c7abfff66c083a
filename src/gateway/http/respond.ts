import type { ServerResponse } from "node:http";

/** Headers of every answer: nothing sniffed, framed, cached by shared caches, or told to other sites. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
}

/** Answers with JSON. The body carries no length limit of its own: callers bound what they build. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(response.req.method === "HEAD" ? undefined : text);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(response.req.method === "HEAD" ? undefined : text);
}

/** The error shape of the HTTP API (protocol.md 5): `{"error":{"message","type"}}`. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: { message: string; type: string; hint?: string | undefined },
): void {
  const { message, type, hint } = error;
  sendJson(response, status, { error: { message, type, ...(hint === undefined ? {} : { hint }) } });
}
