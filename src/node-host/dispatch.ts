import { z } from "zod";
import type { GatewayClient } from "../client/contract.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import { parseJson } from "../guard/index.ts";
import type { CommandAnswer, NodeCommand } from "./contract.ts";

const maxAtOnce = 16;

const request = z.object({
  id: z.string().min(1).max(256),
  nodeId: z.string(),
  command: z.string().max(256),
  paramsJSON: z.string().nullish(),
  timeoutMs: z.number().nullish(),
});

const cancel = z.object({ id: z.string() });

/**
 * Answers the invocations of one connection. When it ends, what still runs for it is stopped: nobody waits for it any
 * more, and the gateway said so to its caller.
 */
export function answerInvocations(options: {
  client: GatewayClient;
  commands: Readonly<Record<string, NodeCommand>>;
  /** Told about failures to deliver. */
  onProblem: (message: string) => void;
}): { stop(): void } {
  const { client, commands, onProblem } = options;
  const stopping = new AbortController();
  /** By the id of the invocation. */
  const running = new Map<string, AbortController>();

  const send = (method: string, params: unknown) =>
    void client.call(method, params).catch((error: unknown) => {
      if (!stopping.signal.aborted) onProblem(`${method}: ${messageOf(error)}`);
    });

  const work = async (call: z.infer<typeof request>): Promise<CommandAnswer> => {
    const command = Object.hasOwn(commands, call.command) ? commands[call.command] : undefined;
    if (!command)
      return failure("UNKNOWN_COMMAND", `this node has no command ${JSON.stringify(call.command)}`);
    if (running.size >= maxAtOnce) return failure("BUSY", `this node works on ${maxAtOnce} commands already`);
    const own = new AbortController();
    running.set(call.id, own);
    try {
      const params: unknown = call.paramsJSON ? parseJson(call.paramsJSON) : undefined;
      return await command(params, {
        signal: AbortSignal.any([stopping.signal, own.signal]),
        timeoutMs: call.timeoutMs || 30_000,
        report: (event, payload) => send("node.event", { event, payloadJSON: JSON.stringify(payload) }),
      });
    } catch (error) {
      if (error instanceof z.ZodError) {
        const issue = error.issues[0];
        return failure(
          "INVALID_REQUEST",
          `${issue?.path.join(".") || "params"}: ${issue?.message ?? "wrong form"}`,
        );
      }
      return failure(codeOf(error) ?? "FAILED", messageOf(error));
    } finally {
      running.delete(call.id);
    }
  };

  const unsubscribe = client.onEvent(({ event, payload }) => {
    if (event === "node.invoke.cancel") {
      const cancelled = cancel.safeParse(payload);
      if (cancelled.success) running.get(cancelled.data.id)?.abort(new Error("the gateway called it off"));
      return;
    }
    if (event !== "node.invoke.request") return;
    const parsed = request.safeParse(payload);
    // Not a request we could answer: it has no id to answer to.
    if (!parsed.success) return onProblem("an invocation of unknown form was ignored");
    const { id, nodeId } = parsed.data;
    void work(parsed.data).then((answer) => {
      if (!stopping.signal.aborted) send("node.invoke.result", { id, nodeId, ...answer });
    });
  });

  return {
    stop() {
      unsubscribe();
      stopping.abort(new Error("the connection to the gateway ended"));
    },
  };
}

function failure(code: string, message: string): CommandAnswer {
  return { ok: false, error: { code, message: message.slice(0, 4000) } };
}
