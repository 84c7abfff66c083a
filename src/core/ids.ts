const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A random UUID (version 4). */
export function uuid(): string {
  return crypto.randomUUID();
}

/**
 * An id that sorts by creation time: 10 characters of time and 16 of randomness in Crockford base 32
 * (the ULID layout, lower case). Two ids of the same millisecond sort by chance.
 */
export function sortableId(now: number = Date.now()): string {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) random += alphabet[byte % 32];
  return time + random;
}
