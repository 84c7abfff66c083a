import { randomBytes } from "node:crypto";
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  hmacSign,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  type BinaryNode,
} from "baileys";
import { bytes, child, node } from "./nodes.ts";

// What a phone does when it links a device: it signs the device's identity, and proves by an HMAC that it knows the
// secret that was in the QR code or was agreed on with the code typed in.

const server = "s.whatsapp.net";

export interface LinkedAs {
  jid: string;
  lid: string;
  name: string;
}

/** The signed identity of a device, as `pair-success` and a finished login carry it. */
export function vouchFor(identityKey: Uint8Array): {
  details: Uint8Array;
  accountSignatureKey: Uint8Array;
  accountSignature: Uint8Array;
} {
  const account = Curve.generateKeyPair();
  const details = proto.ADVDeviceIdentity.encode({
    rawId: 1,
    timestamp: 1,
    keyIndex: 1,
    accountType: 0,
    deviceType: 0,
  }).finish();
  const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, identityKey]);
  return {
    details,
    accountSignatureKey: account.public,
    accountSignature: Curve.sign(account.private, signed),
  };
}

export function pairSuccess(identityKey: Uint8Array, advSecret: Buffer, as: LinkedAs): BinaryNode {
  const signed = proto.ADVSignedDeviceIdentity.encode(vouchFor(identityKey)).finish();
  const wrapped = proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(signed, advSecret),
    accountType: 0,
  }).finish();
  return node("iq", { from: server, type: "set", id: "pair1", xmlns: "md" }, [
    node("pair-success", {}, [
      node("device-identity", {}, wrapped),
      node("device", { jid: as.jid, lid: as.lid }),
      node("platform", { name: "android" }),
      node("biz", { name: as.name }),
    ]),
  ]);
}

/** Parts of the text in a QR code. */
export function readQr(qr: string): { identityKey: Buffer; advSecret: Buffer } {
  const [, , identity, adv] = qr.replace(/^https:\/\/wa\.me\/settings\/linked_devices#/, "").split(",");
  if (!identity || !adv) throw new Error(`that is no WhatsApp QR code: ${qr}`);
  return { identityKey: Buffer.from(identity, "base64"), advSecret: Buffer.from(adv, "base64") };
}

/** The phone's half of linking by a code: from the client's hello to the secret both sides end up with. */
export function linkByCode(hello: BinaryNode): {
  /** The owner types the code; what the server then tells the client. */
  typed(code: string): Promise<BinaryNode>;
  /** From the client's last word: its identity and the secret. */
  finish(stanza: BinaryNode): { identityKey: Buffer; advSecret: Buffer };
} {
  const wrapped = bytes(hello, "link_code_pairing_wrapped_companion_ephemeral_pub");
  const ephemeral = Curve.generateKeyPair();
  const identity = Curve.generateKeyPair();
  let shared: Uint8Array = Buffer.alloc(0);
  return {
    async typed(code) {
      const theirs = await derivePairingCodeKey(code.replace("-", ""), wrapped.subarray(0, 32));
      const companion = aesDecryptCTR(wrapped.subarray(48, 80), theirs, wrapped.subarray(32, 48));
      shared = Curve.sharedKey(ephemeral.private, companion);
      const salt = randomBytes(32);
      const iv = randomBytes(16);
      const ours = await derivePairingCodeKey(code.replace("-", ""), salt);
      const sealed = Buffer.concat([salt, iv, aesEncryptCTR(ephemeral.public, ours, iv)]);
      return node("notification", { from: server, type: "link_code_companion_reg", id: "link1", t: "1" }, [
        node("link_code_companion_reg", { stage: "primary_hello" }, [
          node("link_code_pairing_ref", {}, Buffer.from("fake-ref")),
          node("primary_identity_pub", {}, Buffer.from(identity.public)),
          node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, sealed),
        ]),
      ]);
    },
    finish(stanza) {
      const part = child(stanza, "link_code_companion_reg");
      const bundle = bytes(part, "link_code_pairing_wrapped_key_bundle");
      const key = hkdf(Buffer.from(shared), 32, {
        salt: bundle.subarray(0, 32),
        info: "link_code_pairing_key_bundle_encryption_key",
      });
      const plain = aesDecryptGCM(
        bundle.subarray(44),
        Buffer.from(key),
        bundle.subarray(32, 44),
        Buffer.alloc(0),
      );
      const identityKey = bytes(part, "companion_identity_public");
      const secret = Buffer.concat([
        shared,
        Curve.sharedKey(identity.private, identityKey),
        plain.subarray(64, 96),
      ]);
      return { identityKey, advSecret: Buffer.from(hkdf(secret, 32, { info: "adv_secret" })) };
    },
  };
}
