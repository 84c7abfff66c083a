import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, UserError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { readTextIfExists } from "../../state/index.ts";

/** A secret at rest: AES-256-GCM, all parts base64. */
export interface Sealed {
  alg: "aes-256-gcm";
  iv: string;
  tag: string;
  data: string;
}

/** Encrypts what lies in credentials/ (CONF-65). It keeps secrets out of backups without the key and out of a careless
 * `cat`; who can read the state directory can read the key too, unless it comes from the environment. */
export interface Vault {
  /** `label` is authenticated with the secret: a sealed value moved to another file does not open. */
  seal(secret: Secret, label: string): Sealed;
  /** @throws UserError CREDENTIAL_INVALID when key, label or content do not belong together */
  open(sealed: Sealed, label: string): Secret;
}

const keyBytes = 32;

export function createVault(options: { keyPath: string; envKey: string | undefined }): Vault {
  let key: Secret<Buffer> | null = null;

  function keyOf(mayCreate: boolean): Buffer {
    key ??= new Secret(
      derive(options.envKey ? parseKey(options.envKey) : fileKey(options.keyPath, mayCreate)),
    );
    return key.reveal();
  }

  return {
    seal(secret, label) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", keyOf(true), iv).setAAD(Buffer.from(label, "utf8"));
      const data = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
      return {
        alg: "aes-256-gcm",
        iv: iv.toString("base64"),
        tag: cipher.getAuthTag().toString("base64"),
        data: data.toString("base64"),
      };
    },
    open(sealed, label) {
      const opened = keyOf(false);
      try {
        const iv = Buffer.from(sealed.iv, "base64");
        const decipher = createDecipheriv("aes-256-gcm", opened, iv, { authTagLength: 16 })
          .setAAD(Buffer.from(label, "utf8"))
          .setAuthTag(Buffer.from(sealed.tag, "base64"));
        const data = Buffer.concat([decipher.update(Buffer.from(sealed.data, "base64")), decipher.final()]);
        return new Secret(data.toString("utf8"));
      } catch (cause) {
        throw new UserError("CREDENTIAL_INVALID", `the login "${label}" does not open with the key in use`, {
          hint: `restore ${options.keyPath} (or OPENCLAW_CREDENTIALS_KEY) from the same backup, or run: openclaw models auth add`,
          cause,
        });
      }
    },
  };
}

/** One key per purpose (threats.md 4.15): the master key itself encrypts nothing. */
function derive(master: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), "openclaw credentials v1", keyBytes));
}

function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : Buffer.from(trimmed, "base64");
  if (bytes.length !== keyBytes) {
    throw new UserError(
      "CREDENTIALS_KEY_INVALID",
      `OPENCLAW_CREDENTIALS_KEY holds ${bytes.length} bytes, not 32`,
      { hint: "make one: openssl rand -base64 32" },
    );
  }
  return bytes;
}

function fileKey(path: string, mayCreate: boolean): Buffer {
  const text = readTextIfExists(path) ?? (mayCreate ? createKey(path) : null);
  const bytes = text === null ? null : Buffer.from(text.trim(), "base64");
  if (bytes?.length === keyBytes) return bytes;
  throw new UserError(
    "CREDENTIAL_INVALID",
    bytes === null ? `the key ${path} is missing` : `the key ${path} is damaged`,
    { hint: "restore it from the backup the logins come from, or run: openclaw models auth add" },
  );
}

/** Made with O_EXCL: of two processes that start at once one wins and both use its key. */
function createKey(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const text = `${randomBytes(keyBytes).toString("base64")}\n`;
  try {
    const fd = openSync(path, "wx", 0o600);
    try {
      fchmodSync(fd, 0o600);
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return text;
  } catch (error) {
    const existing = codeOf(error) === "EEXIST" ? readTextIfExists(path) : null;
    if (existing !== null) return existing;
    throw error;
  }
}
