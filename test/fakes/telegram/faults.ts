/** What goes wrong now; the server asks before and after each call. */
export interface TelegramFaults {
  /** So many sends are spared the faults of sends. */
  sparing: number;
  rateLimited: number;
  retryAfterMs: number;
  failing: number;
  down: boolean;
  /** A proxy in front of the Bot API answers with a page of its own. */
  gateway: number | null;
  revoked: boolean;
  slowMs: number;
  losingAnswers: number;
  losingRequests: number;
  conflict: boolean;
}

export function noFaults(): TelegramFaults {
  return {
    sparing: 0,
    rateLimited: 0,
    retryAfterMs: 0,
    failing: 0,
    down: false,
    gateway: null,
    revoked: false,
    slowMs: 0,
    losingAnswers: 0,
    losingRequests: 0,
    conflict: false,
  };
}
