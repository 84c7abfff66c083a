import { Worker } from "node:worker_threads";
import type { Clock } from "../../../core/clock.ts";
import { UserError } from "../../../core/errors.ts";
import type { LineMatcher } from "./literal.ts";

// Plain text on purpose: a bundled program has no separate file to start a worker from.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const expression = new RegExp(workerData.pattern, workerData.flags);
parentPort.on("message", ({ text, limit }) => {
  const hits = [];
  const lines = text.split("\\n");
  for (let i = 0; i < lines.length && hits.length < limit; i++) {
    if (expression.test(lines[i].slice(0, 10000))) hits.push(i);
  }
  parentPort.postMessage(hits);
});
`;

/**
 * Lines that match a regular expression from outside. It runs in a worker with bounded memory that is ended when all
 * matching together took longer than `timeoutMs`: such an expression can hang itself, not the gateway (threats.md 4.16).
 * @throws UserError GREP_PATTERN_INVALID; `match` throws GREP_TIMEOUT.
 */
export async function regexMatcher(
  pattern: string,
  options: { ignoreCase: boolean; timeoutMs: number; clock: Clock },
): Promise<LineMatcher> {
  const flags = options.ignoreCase ? "iu" : "u";
  try {
    // Compiling is linear; only matching can blow up.
    void new RegExp(pattern, flags);
  } catch (error) {
    throw new UserError("GREP_PATTERN_INVALID", `${JSON.stringify(pattern)} is not a regular expression`, {
      hint: "leave regex out to search for the text literally",
      cause: error,
    });
  }
  const worker = new Worker(program, {
    eval: true,
    env: {},
    workerData: { pattern, flags },
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
  });
  worker.unref();
  // Between two matches nobody waits for it; the next one notices that it does not answer.
  worker.on("error", () => undefined);
  let left = options.timeoutMs;
  return {
    async match(text, limit) {
      const startedAt = options.clock.monotonic();
      const hits = await new Promise<number[] | null>((resolve, reject) => {
        const done = (settle: () => void) => {
          cancel();
          worker.off("message", onMessage);
          worker.off("error", onError);
          settle();
        };
        const cancel = options.clock.after(left, () => done(() => resolve(null)));
        const onMessage = (lines: number[]) => done(() => resolve(lines));
        const onError = (cause: unknown) =>
          done(() => reject(new UserError("GREP_FAILED", "matching the expression failed", { cause })));
        worker.on("message", onMessage);
        worker.on("error", onError);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
        worker.postMessage({ text, limit });
      });
      left -= options.clock.monotonic() - startedAt;
      if (hits === null) {
        await worker.terminate();
        throw new UserError(
          "GREP_TIMEOUT",
          `the expression ${JSON.stringify(pattern)} takes too long to match`,
          {
            hint: "use a simpler expression or search for literal text",
          },
        );
      }
      return hits;
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}
