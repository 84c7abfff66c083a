import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UserError, codeOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import type { DeviceIdentity } from "../options.ts";

/** Bytes of an Ed25519 public key in DER before the key itself (RFC 8410). */
const spkiPrefixBytes = 12;

/**
 * This machine's own key pair, from `<identityDir>/device.json` (protocol.md 2 "Device identity", legacy-state.md);
 * made on first use. Modes 0600 and 0700.
 * @throws UserError DEVICE_IDENTITY_INVALID when the file is there but not readable as one: it is never replaced.
 */
export function openDeviceIdentity(options: { identityDir: string; now: number }): DeviceIdentity {
  const path = join(options.identityDir, "device.json");
  const stored = readDocument(path);
  const privateKey = stored === null ? create(path, options.now) : load(path, stored);
  const raw = createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(spkiPrefixBytes);
  return {
    id: createHash("sha256").update(raw).digest("hex"),
    publicKey: raw.toString("base64url"),
    sign: (text) => sign(null, Buffer.from(text, "utf8"), privateKey).toString("base64url"),
  };
}

function load(path: string, stored: unknown): KeyObject {
  const pem = isObject(stored) ? stored["privateKeyPem"] : undefined;
  try {
    const key = createPrivateKey(String(pem));
    if (key.asymmetricKeyType === "ed25519") return key;
    throw new TypeError(`key type ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new UserError("DEVICE_IDENTITY_INVALID", `${path} does not hold an Ed25519 key pair`, {
      hint: `restore it from a backup, or remove it and pair again: rm ${path}`,
      cause,
    });
  }
}

function create(path: string, now: number): KeyObject {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(spkiPrefixBytes);
  writeDocument(path, {
    version: 1,
    deviceId: createHash("sha256").update(raw).digest("hex"),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    createdAtMs: now,
  });
  return privateKey;
}

/** The parsed file; null when there is none. @throws UserError DEVICE_IDENTITY_INVALID for broken JSON. */
export function readDocument(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UserError("DEVICE_IDENTITY_INVALID", `${path} is not valid JSON`, {
      hint: `restore it from a backup, or remove it and pair again: rm ${path}`,
      cause,
    });
  }
}

/** Writes a document atomically, 0600 in a 0700 folder. */
export function writeDocument(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, `${JSON.stringify(value, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
