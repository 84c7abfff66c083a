import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";

/**
 * The decoded body of an answer as a web stream that ends in an error when it is too long, too slow, aborted or cut
 * off. Pulls only as fast as it is read.
 */
export function guardedBody(
  message: IncomingMessage,
  options: {
    encoding: string | null;
    maxBytes: number;
    idleTimeoutMs: number;
    /** Named in error texts; the path may hold a secret. */
    origin: string;
    signal: AbortSignal | null;
    clock: Clock;
    onExpiry: (task: () => void) => void;
    onEnd: () => void;
  },
): ReadableStream<Uint8Array> {
  const { origin, signal, clock } = options;
  const decoder = decoderFor(message, options.encoding, origin);
  const source = decoder === null ? message : pipeline(message, decoder, () => undefined);
  let bytes = 0;
  let over = false;
  let cancelIdle: () => void = () => undefined;
  let watch: () => void = () => undefined;

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const finish = (settle: () => void) => {
          if (over) return;
          over = true;
          cancelIdle();
          signal?.removeEventListener("abort", onAbort);
          options.onEnd();
          settle();
        };
        const fail = (error: unknown) => {
          finish(() => controller.error(error));
          message.destroy();
          source.destroy();
        };
        const onAbort = () => fail(signal?.reason);
        const late = (what: string) =>
          fail(new OpenClawError("DIAL_TIMEOUT", `${origin} stopped sending (${what})`, { retryable: true }));
        watch = () => {
          cancelIdle();
          if (!over) cancelIdle = clock.after(options.idleTimeoutMs, () => late("no data"));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        options.onExpiry(() => late("total time"));
        watch();
        source.on("data", (chunk: Buffer) => {
          if (over) return; // a destroyed message still hands over what it had taken in
          bytes += chunk.length;
          if (bytes > options.maxBytes) {
            return fail(
              new UserError("DIAL_LIMIT", `the answer of ${origin} is longer than ${options.maxBytes} bytes`),
            );
          }
          controller.enqueue(new Uint8Array(chunk));
          // While nobody reads, silence is ours, not the server's.
          if ((controller.desiredSize ?? 0) <= 0) {
            source.pause();
            cancelIdle();
          } else watch();
        });
        source.once("end", () => finish(() => controller.close()));
        source.once("error", (error) =>
          fail(
            new OpenClawError("DIAL_FAILED", `the answer of ${origin} broke off: ${messageOf(error)}`, {
              cause: error,
              retryable: true,
            }),
          ),
        );
        source.once("close", () => {
          if (over) return;
          fail(new OpenClawError("DIAL_FAILED", `the answer of ${origin} broke off`, { retryable: true }));
        });
      },
      pull() {
        if (over || !source.isPaused()) return;
        watch();
        source.resume();
      },
      cancel() {
        over = true;
        cancelIdle();
        options.onEnd();
        message.destroy();
        source.destroy();
      },
    },
    { highWaterMark: 16 },
  );
}

/** Null when there is nothing to decode. */
function decoderFor(message: IncomingMessage, encoding: string | null, origin: string): Transform | null {
  switch (encoding?.trim().toLowerCase() ?? "identity") {
    case "":
    case "identity":
      return null;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      message.destroy();
      throw new UserError("DIAL_REFUSED", `${origin} answered in an encoding that was not asked for`);
  }
}
