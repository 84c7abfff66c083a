import type { WebSocket } from "ws";
import type { Principal } from "../../core/authority.ts";
import { OpenClawError } from "../../core/errors.ts";
import { closeCodes, eventFrame, policy, type ProtocolVersion } from "../../protocol/index.ts";
import type { Credential } from "../auth/credential.ts";
import type { Connection } from "../contract.ts";
import { payloadJson } from "../results.ts";
import { closeSocket } from "./close.ts";

export interface ConnectionFacts {
  id: string;
  principal: Principal;
  protocol: ProtocolVersion;
  client: Connection["client"];
  deviceId: string | null;
  caps: ReadonlySet<string>;
  connectedAt: number;
  credential: Credential;
  remoteAddress: string;
}

/** A bound connection. Lives from `hello-ok` until its socket closes or its credential dies. */
export class LiveConnection implements Connection {
  readonly id: string;
  readonly principal: Principal;
  readonly protocol: ProtocolVersion;
  readonly client: Connection["client"];
  readonly deviceId: string | null;
  readonly caps: ReadonlySet<string>;
  readonly connectedAt: number;
  readonly credential: Credential;
  readonly remoteAddress: string;
  /** Requests being answered. */
  inFlight = 0;
  readonly #socket: WebSocket;
  readonly #maxResponseBacklog: number;
  #abort: AbortController | null = null;
  #ended = false;

  constructor(facts: ConnectionFacts, maxResponseBacklog: number, socket: WebSocket) {
    this.id = facts.id;
    this.principal = facts.principal;
    this.protocol = facts.protocol;
    this.client = facts.client;
    this.deviceId = facts.deviceId;
    this.caps = facts.caps;
    this.connectedAt = facts.connectedAt;
    this.credential = facts.credential;
    this.remoteAddress = facts.remoteAddress;
    this.#socket = socket;
    this.#maxResponseBacklog = maxResponseBacklog;
  }

  get open(): boolean {
    return !this.#ended && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Aborts when the connection ends. Made on first use: most handlers never look at it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#ended && !this.#abort.signal.aborted) this.#abort.abort(closedError());
    return this.#abort.signal;
  }

  /** Marks the end: called once by the owner of the socket. */
  end(): void {
    this.#ended = true;
    this.#abort?.abort(closedError());
  }

  sendEvent(event: string, payload: unknown): boolean {
    return this.sendEventFrame(eventFrame(event, payloadJson(payload)), false);
  }

  /** False when it was dropped: closed, or too far behind. What may not be dropped closes a slow consumer. */
  sendEventFrame(frame: string | Buffer, droppable: boolean): boolean {
    if (!this.open) return false;
    if (this.#socket.bufferedAmount > policy.maxBufferedBytes) {
      if (!droppable) this.close(closeCodes.policyViolation, "slow consumer");
      return false;
    }
    this.#socket.send(frame, { binary: false });
    return true;
  }

  /** Answers may be large (chat.history), but a client that never reads them is cut off. */
  sendResponse(frame: string): void {
    if (!this.open) return;
    if (this.#socket.bufferedAmount > this.#maxResponseBacklog) {
      return this.close(closeCodes.policyViolation, "slow consumer");
    }
    this.#socket.send(frame);
  }

  close(code: number, reason: string): void {
    closeSocket(this.#socket, code, reason);
  }

  /** Cuts the socket without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }
}

function closedError(): OpenClawError {
  return new OpenClawError("CONNECTION_CLOSED", "the connection was closed");
}
