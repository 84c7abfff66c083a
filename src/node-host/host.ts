import { connectGateway, type ConnectOptions } from "../client/index.ts";
import type { GatewayClient } from "../client/contract.ts";
import { sleep, type Clock } from "../core/clock.ts";
import { codeOf, messageOf, OpenClawError, UserError } from "../core/errors.ts";
import type { HostState, NodeCommand } from "./contract.ts";
import { answerInvocations } from "./dispatch.ts";

/** How often a node asks whether it was approved meanwhile; a request is forgotten after five minutes. */
const approvalPollMs = 3000;
const firstDelayMs = 1000;
const maxDelayMs = 30_000;

/** Refusals that waiting does not mend; before the first connection they end the host. */
const final = new Set([
  "AUTH_FAILED",
  "TLS_FINGERPRINT_MISMATCH",
  "PROTOCOL_MISMATCH",
  "INVALID_REQUEST",
  "NOT_PAIRED",
]);

/**
 * Keeps this node connected until the signal aborts: connects, answers, connects again. Waits for approval where the
 * gateway asks for it.
 * @throws UserError when the gateway refuses it for good, or NODE_REPLACED when another host uses its identity.
 */
export async function runNodeHost(options: {
  connect: Omit<ConnectOptions, "role" | "scopes" | "caps" | "commands" | "signal" | "watchTicks" | "clock">;
  nodeId: string;
  caps: readonly string[];
  commands: Readonly<Record<string, NodeCommand>>;
  clock: Clock;
  signal: AbortSignal;
  onState: (state: HostState) => void;
  onProblem: (message: string) => void;
}): Promise<void> {
  const { clock, signal, onState, commands } = options;
  const { url } = options.connect;
  let delayMs = firstDelayMs;
  let wasConnected = false;
  while (!signal.aborted) {
    try {
      onState({ state: "connecting", url });
      const client = await connectGateway({
        ...options.connect,
        role: "node",
        scopes: [],
        caps: options.caps,
        commands: Object.keys(commands),
        watchTicks: true,
        signal,
        clock,
      });
      wasConnected = true;
      delayMs = firstDelayMs;
      onState({ state: "connected", url, nodeId: options.nodeId });
      const reason = await serve(client, options);
      if (signal.aborted) return;
      throw new OpenClawError("CONNECTION_CLOSED", reason);
    } catch (error) {
      if (signal.aborted) return;
      const requestId = pairingRequest(error);
      if (requestId !== null) {
        onState({ state: "waiting", url, requestId });
        await pause(clock, approvalPollMs, signal);
        continue;
      }
      if (codeOf(error) === "NODE_REPLACED" || (!wasConnected && isFinal(error))) throw error;
      onState({ state: "retrying", url, reason: messageOf(error), inMs: delayMs });
      await pause(clock, delayMs, signal);
      delayMs = Math.min(maxDelayMs, Math.round(delayMs * 1.7));
    }
  }
}

/** Works until the connection ends. @returns why it ended. @throws UserError NODE_REPLACED */
function serve(
  client: GatewayClient,
  options: {
    commands: Readonly<Record<string, NodeCommand>>;
    signal: AbortSignal;
    onProblem: (message: string) => void;
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const work = answerInvocations({ client, commands: options.commands, onProblem: options.onProblem });
    const onAbort = () => client.close();
    options.signal.addEventListener("abort", onAbort, { once: true });
    client.onClose((code, reason) => {
      options.signal.removeEventListener("abort", onAbort);
      work.stop();
      if (/replaced by a newer connection/.test(reason))
        reject(
          new UserError("NODE_REPLACED", "another node host with this machine's identity connected", {
            hint: "openclaw node status",
          }),
        );
      else resolve(reason === "" ? `the connection ended (${code})` : `the connection ended: ${reason}`);
    });
    if (options.signal.aborted) onAbort();
  });
}

function pairingRequest(error: unknown): string | null {
  if (!(error instanceof OpenClawError) || error.code !== "NOT_PAIRED") return null;
  const requestId = error.details?.["requestId"];
  return typeof requestId === "string" ? requestId : null;
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof OpenClawError) || error.retryable) return false;
  return final.has(error.code);
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await sleep(clock, ms, signal).catch((error: unknown) => {
    // Woken to stop.
    if (!signal.aborted) throw error;
  });
}
