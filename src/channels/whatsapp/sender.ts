import type { Clock } from "../../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import type { SendResult } from "../contract.ts";
import type { BinaryNode } from "./library.ts";
import type { Stanza } from "./outbound.ts";
import type { OpenSocket } from "./socket.ts";

/** How long WhatsApp may take to say that it has a message. */
const receiptTimeoutMs = 20_000;
const laterMs = 60_000;

type Receipt = { kind: "accepted" } | { kind: "refused"; code: string } | { kind: "none" };

export interface Sender {
  /** Sends one stanza and waits until WhatsApp has said that it has it. */
  send(stanza: Stanza, socket: OpenSocket, signal: AbortSignal): Promise<SendResult>;
  /** A stanza came in. */
  notice(node: BinaryNode): void;
  /** The connection ended: no more receipts. */
  closed(): void;
}

/** The library resolves when it has written to the socket; what counts here is the server's receipt. */
export function createSender(clock: Clock): Sender {
  const waiting = new Map<string, (receipt: Receipt) => void>();

  function receiptOf(stanzaId: string, signal: AbortSignal): { promise: Promise<Receipt>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<Receipt>();
    const settle = (receipt: Receipt): void => {
      cancelTimer();
      signal.removeEventListener("abort", none);
      if (waiting.get(stanzaId) === settle) waiting.delete(stanzaId);
      resolve(receipt);
    };
    const none = (): void => settle({ kind: "none" });
    const cancelTimer = clock.after(receiptTimeoutMs, none);
    signal.addEventListener("abort", none, { once: true });
    waiting.set(stanzaId, settle);
    return { promise, cancel: none };
  }

  return {
    async send({ jid, stanzaId, message, attributes, nodes }, socket, signal) {
      const receipt = receiptOf(stanzaId, signal);
      try {
        await socket.library.relayMessage(jid, message, {
          messageId: stanzaId,
          additionalAttributes: attributes,
          additionalNodes: nodes,
        });
      } catch (error) {
        receipt.cancel();
        return explainFailure(error);
      }
      const answer = await receipt.promise;
      if (answer.kind === "accepted") return { kind: "sent", receipt: { messageId: stanzaId } };
      if (answer.kind === "refused") return explainRefusal(answer.code);
      return { kind: "unknown", error: "the connection ended before WhatsApp said that it has the message" };
    },
    notice({ tag, attrs }) {
      const { id } = attrs;
      if (id === undefined) return;
      // A phone that has got the message is as good a proof as the server's own word.
      if (tag === "receipt" && attrs["type"] === undefined) waiting.get(id)?.({ kind: "accepted" });
      if (tag !== "ack" || attrs["class"] !== "message") return;
      waiting.get(id)?.(attrs["error"] ? { kind: "refused", code: attrs["error"] } : { kind: "accepted" });
    },
    closed() {
      for (const settle of waiting.values()) settle({ kind: "none" });
    },
  };
}

/** Nothing was sent, or it is not known to be: sending the same id again is right either way. */
function explainFailure(error: unknown): SendResult {
  const { data, output } = (error ?? {}) as { data?: unknown; output?: { statusCode?: number } };
  const text = messageOf(error);
  const code = typeof data === "number" ? data : output?.statusCode;
  if (code === 429)
    return {
      kind: "retry",
      error: `WhatsApp asks to send less often (${text})`,
      afterMs: laterMs,
      everywhere: true,
    };
  if (code === 401 || code === 403 || code === 404 || code === 406)
    return { kind: "dead", error: `WhatsApp refuses this chat: ${text} (${code})` };
  if (error instanceof UserError) return { kind: "dead", error: text };
  if (error instanceof OpenClawError && !error.retryable) return { kind: "dead", error: text };
  return { kind: "retry", error: text };
}

/** Error codes of message acknowledgements, as WhatsApp Web knows them. */
function explainRefusal(code: string): SendResult {
  switch (code) {
    case "429":
      return {
        kind: "retry",
        error: "WhatsApp asks to send less often (429)",
        afterMs: laterMs,
        everywhere: true,
      };
    case "463":
      return {
        kind: "dead",
        error: "WhatsApp does not let this account write to people who have not written first (463)",
      };
    case "500":
    case "503":
      return { kind: "retry", error: `WhatsApp could not take the message (${code})` };
    default:
      return { kind: "dead", error: `WhatsApp refused the message (${code})` };
  }
}
