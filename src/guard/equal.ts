import { hash, randomUUID, timingSafeEqual } from "node:crypto";

/**
 * Whether two secrets are equal, in a time that depends on neither their content nor their lengths' difference:
 * digests under a fresh random key are compared, so there is no early exit (threats.md section 3). A prefix key is
 * enough here, nobody sees the digests; it is ten times cheaper than two HMACs and runs in every handshake. So is a UUID for
 * its 122 random bits: Node draws many of them at once.
 */
export function constantTimeEqual(a: string, b: string): boolean {
  const key = randomUUID();
  return timingSafeEqual(hash("sha256", key + a, "buffer"), hash("sha256", key + b, "buffer"));
}
