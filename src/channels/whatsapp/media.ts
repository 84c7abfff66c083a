import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { codeOf, messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import { constantTimeEqual, type GuardedFetch } from "../../guard/index.ts";

// Files lie on WhatsApp's media hosts encrypted with a key that travels inside the message: AES-256-CBC, ten bytes of
// HMAC-SHA256 at the end, keys by HKDF with the kind of file as context.

export type FileKind = "image" | "video" | "audio" | "document";

const contexts: Readonly<Record<FileKind, string>> = {
  image: "WhatsApp Image Keys",
  video: "WhatsApp Video Keys",
  audio: "WhatsApp Audio Keys",
  document: "WhatsApp Document Keys",
};
const defaultHost = "mmg.whatsapp.net";
const macBytes = 10;
const blockBytes = 16;
const uploadTimeoutMs = 120_000;

export interface StoredFile {
  /** Path on a media host; the only address that is believed. */
  directPath?: string | null;
  /** Full address; used for its host alone, and only when that is one of WhatsApp's. */
  url?: string | null;
  mediaKey?: Uint8Array | null;
  fileSha256?: Uint8Array | null;
  fileEncSha256?: Uint8Array | null;
}

export interface MediaHosts {
  fetch: GuardedFetch;
  /** Origin to use in place of WhatsApp's media hosts; null for WhatsApp's. */
  origin: string | null;
}

function keysOf(mediaKey: Uint8Array, kind: FileKind): { iv: Buffer; cipher: Buffer; mac: Buffer } {
  const expanded = Buffer.from(hkdfSync("sha256", mediaKey, new Uint8Array(32), contexts[kind], 112));
  return { iv: expanded.subarray(0, 16), cipher: expanded.subarray(16, 48), mac: expanded.subarray(48, 80) };
}

/** Encrypts a file for upload; `message` is what the message must carry for others to open it. */
export function sealFile(
  content: Uint8Array,
  kind: FileKind,
  mediaKey: Uint8Array = randomBytes(32),
): {
  body: Buffer;
  message: { mediaKey: Uint8Array; fileSha256: Buffer; fileEncSha256: Buffer; fileLength: number };
} {
  const { iv, cipher, mac } = keysOf(mediaKey, kind);
  const aes = createCipheriv("aes-256-cbc", cipher, iv);
  const sealed = Buffer.concat([aes.update(content), aes.final()]);
  const tag = createHmac("sha256", mac).update(iv).update(sealed).digest().subarray(0, macBytes);
  const body = Buffer.concat([sealed, tag]);
  return {
    body,
    message: {
      mediaKey,
      fileSha256: sha256(content),
      fileEncSha256: sha256(body),
      fileLength: content.length,
    },
  };
}

/**
 * Opens what {@link sealFile} or another client sealed. The MAC and, where the message states it, the digest of the
 * content are checked: the host of the file is not trusted.
 * @throws UserError MEDIA_DAMAGED
 */
export function openFile(body: Uint8Array, file: StoredFile, kind: FileKind): Uint8Array {
  const damaged = (what: string): UserError =>
    new UserError("MEDIA_DAMAGED", `the WhatsApp file is damaged: ${what}`, {
      hint: "ask for it to be sent again",
    });
  if (!file.mediaKey?.length) throw damaged("it has no key");
  if (body.length <= macBytes) throw damaged("it is empty");
  const { iv, cipher, mac } = keysOf(file.mediaKey, kind);
  const sealed = body.subarray(0, -macBytes);
  const expected = createHmac("sha256", mac)
    .update(iv)
    .update(sealed)
    .digest("hex")
    .slice(0, macBytes * 2);
  if (!constantTimeEqual(expected, Buffer.from(body.subarray(-macBytes)).toString("hex")))
    throw damaged("its signature does not fit");
  const aes = createDecipheriv("aes-256-cbc", cipher, iv);
  let content: Buffer;
  try {
    content = Buffer.concat([aes.update(sealed), aes.final()]);
  } catch (error) {
    throw damaged(messageOf(error));
  }
  if (file.fileSha256?.length && !sha256(content).equals(file.fileSha256))
    throw damaged("its digest does not fit");
  return content;
}

/**
 * Fetches and opens a file of a message.
 * @throws UserError MEDIA_TOO_LARGE, MEDIA_GONE, MEDIA_DAMAGED; OpenClawError of the dialler when the network fails
 */
export async function downloadFile(
  file: StoredFile,
  kind: FileKind,
  hosts: MediaHosts,
  options: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const { maxBytes, signal } = options;
  const path = file.directPath ?? pathOf(file.url);
  if (!path?.startsWith("/") || path.startsWith("//") || path.includes("\\"))
    throw new UserError("MEDIA_GONE", "the WhatsApp message names no file");
  const url = new URL(path, hosts.origin ?? `https://${hostOf(file.url)}`);
  // Padding and MAC come on top of the content.
  const limit = maxBytes + blockBytes + macBytes;
  const response = await hosts.fetch(url, { signal, redirect: "error", limits: { maxBytes: limit + 1 } });
  try {
    if (response.status === 404 || response.status === 410)
      throw new UserError("MEDIA_GONE", "WhatsApp no longer has the file", {
        hint: "ask for it to be sent again",
      });
    if (!response.ok)
      throw new OpenClawError("DIAL_FAILED", `WhatsApp's media host answered ${response.status}`, {
        retryable: response.status >= 500 || response.status === 429,
      });
    const body = await readCapped(response, limit, maxBytes);
    const content = openFile(body, file, kind);
    if (content.length > maxBytes) throw tooLarge(maxBytes);
    return content;
  } finally {
    await response.body?.cancel().catch(() => undefined);
  }
}

async function readCapped(response: Response, limit: number, maxBytes: number): Promise<Uint8Array> {
  if (Number(response.headers.get("content-length") ?? 0) > limit) throw tooLarge(maxBytes);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      bytes += part.value.length;
      if (bytes > limit) throw tooLarge(maxBytes);
      parts.push(part.value);
    }
  } catch (error) {
    if (codeOf(error) === "DIAL_LIMIT") throw tooLarge(maxBytes);
    throw error;
  } finally {
    reader?.releaseLock();
  }
  return Buffer.concat(parts);
}

/**
 * Puts a sealed file on a media host. `conn` is what WhatsApp told about them on this connection.
 * @throws OpenClawError MEDIA_UPLOAD_FAILED (retryable)
 */
export async function uploadFile(
  sealed: { body: Buffer; message: { fileEncSha256: Buffer } },
  kind: FileKind,
  hosts: MediaHosts,
  options: { conn: { auth: string; hosts: ReadonlyArray<{ hostname: string }> }; signal: AbortSignal },
): Promise<{ url: string; directPath: string }> {
  const { conn, signal } = options;
  const token = sealed.message.fileEncSha256.toString("base64url");
  const origins = hosts.origin ? [hosts.origin] : conn.hosts.map(({ hostname }) => `https://${hostname}`);
  let failure = "WhatsApp named no media host";
  for (const origin of origins) {
    const url = `${origin}/mms/${kind}/${token}?auth=${encodeURIComponent(conn.auth)}&token=${token}`;
    try {
      const response = await hosts.fetch(url, {
        method: "POST",
        redirect: "error",
        headers: { "content-type": "application/octet-stream", origin: "https://web.whatsapp.com" },
        body: new Uint8Array(sealed.body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(uploadTimeoutMs)]),
      });
      const answer = (await response.json().catch(() => null)) as {
        url?: unknown;
        direct_path?: unknown;
      } | null;
      if (response.ok && typeof answer?.url === "string" && typeof answer.direct_path === "string")
        return { url: answer.url, directPath: answer.direct_path };
      failure = `the media host answered ${response.status}`;
    } catch (error) {
      signal.throwIfAborted();
      failure = messageOf(error);
    }
  }
  throw new OpenClawError("MEDIA_UPLOAD_FAILED", `the file could not be given to WhatsApp: ${failure}`, {
    retryable: true,
  });
}

function tooLarge(maxBytes: number): UserError {
  return new UserError("MEDIA_TOO_LARGE", `the file is larger than ${maxBytes} bytes`, {
    hint: "openclaw config set channels.whatsapp.mediaMaxMb <megabytes>",
  });
}

/** A message can name any address; only WhatsApp's own hosts are asked. */
function hostOf(url: string | null | undefined): string {
  const host = parseUrl(url)?.host;
  return host && /^[a-z0-9.-]+\.whatsapp\.net$/.test(host) ? host : defaultHost;
}

function pathOf(url: string | null | undefined): string | null {
  const parsed = parseUrl(url);
  return parsed ? parsed.pathname + parsed.search : null;
}

function parseUrl(url: string | null | undefined): URL | null {
  return url && URL.canParse(url) ? new URL(url) : null;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
