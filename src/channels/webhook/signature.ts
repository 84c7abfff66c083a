import { createHmac, timingSafeEqual } from "node:crypto";

const windowMs = 5 * 60_000;

/**
 * `x-openclaw-signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<raw body>">`. The time is signed, so an old
 * request cannot be replayed outside the window, and the raw bytes are signed, so nothing can be re-encoded.
 */
export function sign(secret: string, body: Uint8Array, nowMs: number): string {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${digest(secret, t, body).toString("hex")}`;
}

/** Whether the header was made with the secret for exactly these bytes within five minutes of `nowMs`. */
export function verify(secret: string, header: string | undefined, body: Uint8Array, nowMs: number): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "");
  if (!match?.[1] || !match[2] || secret === "") return false;
  const t = Number(match[1]);
  const fresh = Math.abs(nowMs - t * 1000) <= windowMs;
  return timingSafeEqual(digest(secret, t, body), Buffer.from(match[2], "hex")) && fresh;
}

function digest(secret: string, t: number, body: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(`${t}.`).update(body).digest();
}
