/** Versions of the wire protocol this gateway speaks (protocol.md 1 and 10). */
export const minProtocol = 3;
export const maxProtocol = 4;
export type ProtocolVersion = 3 | 4;

/** Picks the newest version both sides speak, or null. */
export function negotiate(min: number, max: number): ProtocolVersion | null {
  if (min > maxProtocol || max < minProtocol || min > max) return null;
  return max >= 4 ? 4 : 3;
}

/** What `hello-ok.policy` announces and the server enforces. */
export const policy = {
  /** Bytes of one inbound frame after `hello-ok`. */
  maxPayload: 524_288,
  /** Bytes waiting in a socket before it counts as a slow consumer. */
  maxBufferedBytes: 1_572_864,
  tickIntervalMs: 30_000,
} as const;

/** Bytes of one frame before `hello-ok` (threats.md 4.1). */
export const maxPreAuthPayload = 65_536;
/** Milliseconds from open to `hello-ok`. */
export const handshakeTimeoutMs = 10_000;

/** WebSocket close codes in use and what they mean here (protocol.md, "Close codes"). */
export const closeCodes = {
  normal: 1000,
  protocolMismatch: 1002,
  policyViolation: 1008,
  tooBig: 1009,
  serviceRestart: 1012,
  tickTimeout: 4000,
} as const;
