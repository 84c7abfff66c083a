/** When something was last proved to work; both null while nothing proved it. */
export interface Proof {
  /** Epoch milliseconds. */
  provedAt: number | null;
  /** How long ago that was, when it was told. */
  ageMs: number | null;
}

/** What is known of each direction of a channel account, by what happened and never by what it says of itself. */
export interface Evidence {
  /** A message came in. */
  receive: Proof;
  /** The platform took a message. */
  send: Proof;
  /** The platform answered at all: to a probe, or by either of the above. */
  reach: Proof;
}

/** Reads the evidence from the times an account keeps. A probe that failed proves nothing. */
export function evidenceOf(
  account: {
    lastInboundAt: number | null;
    lastOutboundAt: number | null;
    lastProbeAt: number | null;
    probe?: { ok: boolean };
  },
  now: number,
): Evidence {
  const { lastInboundAt, lastOutboundAt, lastProbeAt, probe } = account;
  const proof = (...times: Array<number | null>): Proof => {
    const known = times.filter((at) => at !== null);
    if (known.length === 0) return { provedAt: null, ageMs: null };
    const provedAt = Math.max(...known);
    return { provedAt, ageMs: Math.max(0, now - provedAt) };
  };
  return {
    receive: proof(lastInboundAt),
    send: proof(lastOutboundAt),
    reach: proof(lastInboundAt, lastOutboundAt, probe?.ok === true ? lastProbeAt : null),
  };
}
