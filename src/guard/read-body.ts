import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";

export interface ReadBodyOptions {
  clock: Clock;
  maxBytes: number;
  /** Milliseconds for the whole body. Default 30,000. */
  totalMs?: number;
  /** Milliseconds without a byte. Default 10,000. */
  idleMs?: number;
}

/**
 * Reads a request body with a cap and two deadlines. Call it only after the request was authorised, or with a tiny
 * cap (threats.md 4.16). Compressed bodies are refused: nobody needs them here and they expand.
 * @throws UserError BODY_TOO_LARGE, BODY_ENCODING; OpenClawError BODY_TIMEOUT, BODY_ABORTED.
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Uint8Array> {
  const { clock, maxBytes, totalMs = 30_000, idleMs = 10_000 } = options;
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return Promise.reject(
      new UserError("BODY_ENCODING", `content-encoding ${JSON.stringify(encoding)} is not accepted`, {
        hint: "send the body uncompressed",
      }),
    );
  }
  const tooLarge = () =>
    new UserError("BODY_TOO_LARGE", `the request body is larger than ${maxBytes} bytes`, {
      hint: "send less",
    });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (error: Error | null) => {
      cancelTotal();
      cancelIdle();
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      if (error) reject(error);
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const timeout = (ms: number) => () => {
      finish(
        new OpenClawError("BODY_TIMEOUT", `the request body did not arrive within ${ms} ms`, {
          retryable: true,
        }),
      );
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) return finish(tooLarge());
      chunks.push(chunk);
      cancelIdle();
      cancelIdle = clock.after(idleMs, timeout(idleMs));
    };
    const onEnd = () => finish(null);
    const onClose = () =>
      finish(new OpenClawError("BODY_ABORTED", "the client closed the connection before its body ended"));
    const cancelTotal = clock.after(totalMs, timeout(totalMs));
    let cancelIdle = clock.after(idleMs, timeout(idleMs));
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}

/**
 * Parses JSON that came from outside: at most `maxDepth` levels, and no member that could reach a prototype
 * (`__proto__` anywhere, or `constructor` holding `prototype`).
 * @throws UserError JSON_INVALID, JSON_TOO_DEEP, JSON_RESERVED_KEY.
 */
export function parseJson(text: string, options: { maxDepth?: number } = {}): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError("JSON_INVALID", "the text is not valid JSON", { cause });
  }
  const maxDepth = options.maxDepth ?? 64;
  // Brackets inside strings count too: a cheap over-estimate that lets almost every frame skip the walk.
  if (
    countOpening(text) > maxDepth ||
    text.includes("__proto__") ||
    text.includes("prototype") ||
    text.includes("\\u")
  )
    check(value, maxDepth);
  return value;
}

function countOpening(text: string): number {
  let count = 0;
  for (const bracket of ["[", "{"])
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) count++;
  return count;
}

/** Walks with a list and not by recursion: the depth is what is being checked. */
function check(root: unknown, maxDepth: number): void {
  let level: object[] = typeof root === "object" && root !== null ? [root] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth)
      throw new UserError("JSON_TOO_DEEP", `the JSON is nested deeper than ${maxDepth} levels`);
    const next: object[] = [];
    for (const value of level) {
      if (Object.hasOwn(value, "__proto__")) throw reserved("__proto__");
      for (const [key, member] of Object.entries(value)) {
        if (typeof member !== "object" || member === null) continue;
        if (key === "constructor" && Object.hasOwn(member, "prototype")) throw reserved("constructor");
        next.push(member as object);
      }
    }
    level = next;
  }
}

function reserved(key: string): UserError {
  return new UserError("JSON_RESERVED_KEY", `the member name ${JSON.stringify(key)} is not allowed`);
}
