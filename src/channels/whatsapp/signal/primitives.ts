import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import { sign, verify } from "curve25519-js";

// X25519, XEdDSA, HKDF, AES-CBC and HMAC as the Signal protocol uses them. Public keys carry a type byte (5) in front.

export interface KeyPair {
  pubKey: Buffer;
  privKey: Buffer;
}

const keyType = 5;
const privateHead = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicHead = Buffer.from("302a300506032b656e032100", "hex");

/** The 32 bytes of a public key, with or without its type byte. @throws Error on anything else */
function rawPublic(key: Uint8Array): Buffer {
  const bytes = Buffer.from(key);
  if (bytes.length === 33 && bytes[0] === keyType) return bytes.subarray(1);
  if (bytes.length === 32) return bytes;
  throw new Error("Invalid public key");
}

function checkPrivate(key: Uint8Array): Buffer {
  if (key.length !== 32) throw new Error("Invalid private key");
  return Buffer.from(key);
}

export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const privKey = Buffer.from(privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32));
  // As a scalar; the signatures use the same key.
  privKey[0] = (privKey[0] ?? 0) & 248;
  privKey[31] = ((privKey[31] ?? 0) & 127) | 64;
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return { privKey, pubKey: Buffer.concat([Buffer.from([keyType]), raw]) };
}

/** X25519. @throws Error for a key of small order, which would give a secret everybody knows */
export function calculateAgreement(publicKey: Uint8Array, privateKey: Uint8Array): Buffer {
  const der = { format: "der" } as const;
  return diffieHellman({
    privateKey: createPrivateKey({
      ...der,
      key: Buffer.concat([privateHead, checkPrivate(privateKey)]),
      type: "pkcs8",
    }),
    publicKey: createPublicKey({
      ...der,
      key: Buffer.concat([publicHead, rawPublic(publicKey)]),
      type: "spki",
    }),
  });
}

export function calculateSignature(privateKey: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.from(sign(checkPrivate(privateKey), Buffer.from(message), randomBytes(64)));
}

/** @throws Error when the signature is not of this key and message */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): true {
  if (signature.length !== 64 || !verify(rawPublic(publicKey), Buffer.from(message), Buffer.from(signature)))
    throw new Error("Invalid signature");
  return true;
}

export function encrypt(key: Uint8Array, data: Uint8Array, iv: Uint8Array): Buffer {
  const aes = createCipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([aes.update(data), aes.final()]);
}

export function decrypt(key: Uint8Array, data: Uint8Array, iv: Uint8Array): Buffer {
  const aes = createDecipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([aes.update(data), aes.final()]);
}

export function calculateMAC(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

/** Three secrets of 32 bytes by HKDF. */
export function deriveSecrets(
  input: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
): [Buffer, Buffer, Buffer] {
  const all = Buffer.from(hkdfSync("sha256", input, salt, info, 96));
  return [all.subarray(0, 32), all.subarray(32, 64), all.subarray(64, 96)];
}
