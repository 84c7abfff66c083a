import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Whether two secrets are equal, in a time that depends on neither their content nor their lengths' difference:
 * digests under a fresh random key are compared, so there is no early exit (threats.md section 3).
 */
export function constantTimeEqual(a: string, b: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text, "utf8").digest();
  return timingSafeEqual(digest(a), digest(b));
}
