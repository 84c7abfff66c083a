import { createHash, createPublicKey, verify } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { deviceProofText } from "../../protocol/index.ts";

/** `signedAt` may differ so much from our clock (protocol.md, "Device identity"). */
const maxSkewMs = 600_000;
/** Signatures without a nonce remembered, so that one cannot be used twice within the skew. */
const maxRemembered = 10_000;

export interface DeviceClaim {
  id: string;
  publicKey: string;
  signature: string;
  signedAt: number;
  nonce?: string | undefined;
}

export interface ProofContext {
  claim: DeviceClaim;
  clientId: string;
  clientMode: string;
  role: string;
  /** As sent, in that order. */
  scopes: readonly string[];
  /** The `auth.token` sent, or "". */
  token: string;
  /** The nonce of this socket's challenge. */
  challenge: string;
  /** Version 1 proofs (no nonce) are taken from direct local clients of protocol 3 only. */
  nonceRequired: boolean;
}

export type ProofDecision =
  | { ok: true; deviceId: string; publicKey: string }
  | { ok: false; message: string };

/** Checks device proofs. Holds the memory against replays, so one per gateway. */
export function createDeviceVerifier(clock: Clock): (context: ProofContext) => ProofDecision {
  const used = new Map<string, number>();

  const isReplay = (signature: string, now: number): boolean => {
    for (const [old, until] of used) {
      if (until > now && used.size < maxRemembered) break;
      used.delete(old);
    }
    if (used.has(signature)) return true;
    used.set(signature, now + 2 * maxSkewMs);
    return false;
  };

  return ({ claim, challenge, ...fields }) => {
    const key = rawPublicKey(claim.publicKey);
    if (key === null) return { ok: false, message: "device public key invalid" };
    if (createHash("sha256").update(key).digest("hex") !== claim.id) {
      return { ok: false, message: "device identity mismatch" };
    }
    const now = clock.now();
    if (!(Math.abs(now - claim.signedAt) <= maxSkewMs))
      return { ok: false, message: "device signature expired" };
    if (claim.nonce === undefined && fields.nonceRequired)
      return { ok: false, message: "device nonce required" };
    if (claim.nonce !== undefined && claim.nonce !== challenge) {
      return { ok: false, message: "device nonce mismatch" };
    }
    const text = deviceProofText({
      deviceId: claim.id,
      clientId: fields.clientId,
      clientMode: fields.clientMode,
      role: fields.role,
      scopes: fields.scopes,
      signedAt: claim.signedAt,
      token: fields.token,
      ...(claim.nonce === undefined ? {} : { nonce: claim.nonce }),
    });
    const signature = Buffer.from(claim.signature, "base64url");
    if (signature.length !== 64 || !verifies(key, text, signature)) {
      return { ok: false, message: "device signature invalid" };
    }
    // Ed25519 signatures are unique per text, and a nonce is good for one socket only.
    if (claim.nonce === undefined && isReplay(signature.toString("base64"), now)) {
      return { ok: false, message: "device signature invalid" };
    }
    return { ok: true, deviceId: claim.id, publicKey: key.toString("base64url") };
  };
}

/** The raw 32 bytes, from base64url or PEM. */
function rawPublicKey(text: string): Buffer | null {
  if (text.includes("BEGIN")) {
    try {
      const jwk = createPublicKey(text).export({ format: "jwk" });
      return jwk.crv === "Ed25519" && jwk.x !== undefined ? Buffer.from(jwk.x, "base64url") : null;
    } catch {
      // Not a key: the caller refuses it.
      return null;
    }
  }
  const raw = Buffer.from(text, "base64url");
  return raw.length === 32 ? raw : null;
}

function verifies(rawKey: Buffer, text: string, signature: Buffer): boolean {
  try {
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: rawKey.toString("base64url") },
      format: "jwk",
    });
    return verify(null, Buffer.from(text, "utf8"), key, signature);
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}
