import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Clock } from "../../core/clock.ts";
import { uuid } from "../../core/ids.ts";
import type { Logger } from "../../core/logger.ts";
import { parseJson } from "../../guard/index.ts";
import {
  closeCodes,
  errorFrame,
  eventFrame,
  maxPreAuthPayload,
  okFrame,
  parseRequestFrame,
  type RequestFrame,
  type RequestId,
  type WireError,
} from "../../protocol/index.ts";
import {
  admit,
  presentsSecret,
  type AdmitContext,
  type Admission,
  type UpgradeFacts,
} from "../auth/admit.ts";
import type { IdentityVerifier, TailscaleIdentity } from "../auth/tailscale-identity.ts";
import type { PendingDevice } from "../devices/records.ts";
import { closeSocket } from "./close.ts";
import type { ConnectParams, ParsedConnect } from "./connect-params.ts";
import type { LiveConnection } from "./connection.ts";
import { wireErrorOf, type Dispatcher } from "./dispatch.ts";

export type Admitted = Extract<Admission, { ok: true }>;

export interface HandshakeContext {
  clock: Clock;
  logger: Logger;
  parseConnect: (value: unknown) => ParsedConnect;
  admission: () => AdmitContext;
  verifyIdentity: IdentityVerifier;
  handshakeTimeoutMs: number;
  dispatcher: Dispatcher;
  /** Makes the connection and the `hello-ok` payload; null when there are too many connections. */
  bind(
    admitted: Admitted,
    params: ConnectParams,
    facts: UpgradeFacts,
    socket: WebSocket,
  ): { connection: LiveConnection; hello: string } | null;
  /** Called after `hello-ok` was sent. */
  bound(connection: LiveConnection, params: ConnectParams): void;
  unbound(connection: LiveConnection): void;
  pairingRequested(request: PendingDevice): void;
  /** Called once, when the socket left the state before `hello-ok`. */
  settled(): void;
}

/**
 * Drives one socket through `challenged → bound → closed`. Before `hello-ok` the only frame with an effect is
 * `connect`, within a deadline and 64 KiB in all; afterwards every frame goes to the dispatcher (threats.md 4.1).
 */
export function runSocket(
  socket: WebSocket,
  raw: Socket,
  facts: UpgradeFacts,
  context: HandshakeContext,
): void {
  let connection: LiveConnection | null = null;
  let pending = true;
  /** Frames that wait for an identity to be confirmed. */
  let held: Array<[RawData, boolean]> | null = null;

  const settle = () => {
    if (!pending) return;
    pending = false;
    cancelDeadline();
    raw.off("data", guardSize);
    context.settled();
  };
  const cancelDeadline = context.clock.after(context.handshakeTimeoutMs, () => {
    closeSocket(socket, closeCodes.normal, "");
  });
  const before = raw.bytesRead;
  const guardSize = () => {
    if (raw.bytesRead - before > maxPreAuthPayload + 1024) closeSocket(socket, closeCodes.tooBig, "");
  };
  raw.on("data", guardSize);

  const refuse = (id: RequestId, error: WireError, code: number) => {
    context.logger.warn("connect refused", {
      code: error.code,
      reason: error.message,
      remote: facts.address.ip,
      connId: facts.connId,
    });
    if (socket.readyState === socket.OPEN) socket.send(errorFrame(id, error));
    closeSocket(socket, code, error.message);
  };

  const onConnect = (frame: RequestFrame) => {
    const { id } = frame;
    if (frame.method !== "connect") {
      const message = "invalid handshake: first request must be connect";
      return refuse(id, { code: "INVALID_REQUEST", message }, closeCodes.policyViolation);
    }
    const parsed = context.parseConnect(frame.params);
    if (!parsed.ok) {
      const message = `invalid connect params: ${parsed.problems}`;
      return refuse(id, { code: "INVALID_REQUEST", message }, closeCodes.policyViolation);
    }
    const { tailscale: claim } = facts;
    if (claim === null || presentsSecret(parsed.params, facts)) return decide(id, parsed.params, null);
    // Only this road waits for another program; what arrives meanwhile is answered after `hello-ok`, in order.
    held = [];
    void context
      .verifyIdentity(claim)
      .catch(() => null) // Nobody was confirmed.
      .then((identity) => {
        const frames = held ?? [];
        held = null;
        if (socket.readyState === socket.OPEN) decide(id, parsed.params, identity);
        for (const [data, isBinary] of frames) take(data, isBinary);
      })
      .catch((error: unknown) => {
        context.logger.error("a handshake failed", { error: String(error), connId: facts.connId });
        socket.terminate();
      });
  };

  const decide = (id: RequestId, params: ConnectParams, identity: TailscaleIdentity | null) => {
    let admission: Admission;
    try {
      admission = admit(params, facts, { ...context.admission(), identity });
    } catch (error) {
      context.logger.error("a handshake failed", { error: String(error), connId: facts.connId });
      return refuse(id, wireErrorOf(error, "connect"), closeCodes.policyViolation);
    }
    if (!admission.ok) {
      if (admission.pairing !== undefined) context.pairingRequested(admission.pairing);
      return refuse(id, admission.error, admission.closeCode);
    }
    const made = context.bind(admission, params, facts, socket);
    if (made === null) {
      const error: WireError = { code: "UNAVAILABLE", message: "too many connections", retryable: true };
      return refuse(id, error, closeCodes.policyViolation);
    }
    settle();
    connection = made.connection;
    connection.sendResponse(okFrame(id, made.hello));
    // After the answer, which should not wait for it; until here the deadline ends dead sockets.
    raw.setKeepAlive(true, 30_000);
    context.bound(connection, params);
  };

  const take = (data: RawData, isBinary: boolean) => {
    if (held !== null) held.push([data, isBinary]);
    else if (connection === null) {
      // Nothing that arrives while the socket is closing may still get in.
      if (socket.readyState === socket.OPEN) firstFrame(socket, data, isBinary, onConnect);
    } else laterFrame(connection, data, isBinary, context);
  };
  socket.on("message", take);
  socket.on("error", (error: Error & { code?: string }) => {
    context.logger.debug("socket error", { error: error.message, code: error.code, connId: facts.connId });
  });
  socket.on("close", () => {
    settle();
    if (connection === null) return;
    connection.end();
    context.unbound(connection);
  });

  const challenge = { nonce: facts.nonce, ts: context.clock.now() };
  socket.send(eventFrame("connect.challenge", JSON.stringify(challenge)));
}

/** A nonce and a connection id for a new socket. */
export function newSocketIds(): { connId: string; nonce: string } {
  return { connId: uuid(), nonce: uuid() };
}

function firstFrame(
  socket: WebSocket,
  data: RawData,
  isBinary: boolean,
  onConnect: (frame: RequestFrame) => void,
): void {
  if (isBinary) return closeSocket(socket, closeCodes.policyViolation, "invalid request frame");
  const text = textOf(data);
  if (Buffer.byteLength(text) > maxPreAuthPayload) return closeSocket(socket, closeCodes.tooBig, "");
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // No response: what cannot be parsed has no id to answer to (protocol.md, "Close codes").
    return closeSocket(socket, closeCodes.normal, "");
  }
  // The version is not known yet, so unknown members of the frame pass; they are never looked at.
  const parsed = parseRequestFrame(value, { lenient: true });
  if (!parsed.ok) return closeSocket(socket, closeCodes.policyViolation, "invalid request frame");
  onConnect(parsed.frame);
}

function laterFrame(
  connection: LiveConnection,
  data: RawData,
  isBinary: boolean,
  context: HandshakeContext,
): void {
  if (isBinary || !connection.open) return;
  let value: unknown;
  try {
    value = parseJson(textOf(data));
  } catch {
    // Bad JSON is ignored after connect (protocol.md, "First frame rules").
    return;
  }
  const parsed = parseRequestFrame(value, { lenient: connection.protocol >= 4 });
  if (!parsed.ok) {
    const error: WireError = {
      code: "INVALID_REQUEST",
      message: `invalid request frame: ${parsed.problems}`,
    };
    return connection.sendResponse(errorFrame(parsed.id, error));
  }
  context.dispatcher.dispatch(connection, parsed.frame);
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return Array.isArray(data) ? Buffer.concat(data).toString("utf8") : Buffer.from(data).toString("utf8");
}
