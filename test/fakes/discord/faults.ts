/** What goes wrong now; the server asks before and after each call. */
export interface DiscordFaults {
  /** So many sends are spared the faults of sends. */
  sparing: number;
  rateLimited: number;
  retryAfterMs: number;
  failing: number;
  down: boolean;
  /** Calls of these paths fail inside the platform. */
  deafTo: RegExp | null;
  revoked: boolean;
  slowMs: number;
  losingAnswers: number;
  losingRequests: number;
}

export function noFaults(): DiscordFaults {
  return {
    sparing: 0,
    rateLimited: 0,
    retryAfterMs: 0,
    failing: 0,
    down: false,
    deafTo: null,
    revoked: false,
    slowMs: 0,
    losingAnswers: 0,
    losingRequests: 0,
  };
}
