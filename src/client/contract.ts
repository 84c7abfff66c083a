export interface ClientEvent {
  event: string;
  payload: unknown;
  seq?: number;
}

/** A connected control-plane client. */
export interface GatewayClient {
  /** The `hello-ok` payload. */
  readonly hello: Record<string, unknown>;
  readonly url: string;
  /** One request, one answer. @throws OpenClawError with the code of the error frame, TIMEOUT or CONNECTION_CLOSED. */
  call(
    method: string,
    params?: unknown,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<unknown>;
  /** For methods that answer twice (`agent`): `onAccepted` gets the first payload, the promise the last. */
  callTwice(
    method: string,
    params: unknown,
    options: { timeoutMs: number; onAccepted?: (payload: unknown) => void; signal?: AbortSignal },
  ): Promise<unknown>;
  onEvent(listener: (event: ClientEvent) => void): () => void;
  onClose(listener: (code: number, reason: string) => void): void;
  close(): void;
}
