import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getMediaKeys } from "baileys";

// The media hosts: they keep what clients give them and cannot read it. Sealing here is the library's keys and this file's
// own code, so that the product's code is checked against another.

export type StoredKind = "image" | "video" | "audio" | "document";

export interface SealedFile {
  url: string;
  directPath: string;
  mediaKey: Uint8Array;
  fileSha256: Uint8Array;
  fileEncSha256: Uint8Array;
  fileLength: number;
}

export interface MediaHost {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** A person's phone uploads a file. */
  put(content: Uint8Array, kind: StoredKind): Promise<SealedFile>;
  /** Opens what a client uploaded. */
  read(file: { directPath?: string | null; mediaKey?: Uint8Array | null }, kind: StoredKind): Promise<Buffer>;
  /** Downloads so far. */
  downloads(): number;
}

const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

export function createMediaHost(): MediaHost {
  const files = new Map<string, Buffer>();
  let downloads = 0;

  return {
    handle(request, response) {
      const url = new URL(request.url ?? "/", "http://media");
      if (request.method === "POST") {
        const parts: Buffer[] = [];
        request.on("data", (part: Buffer) => parts.push(part));
        request.on("end", () => {
          const path = url.pathname;
          files.set(path, Buffer.concat(parts));
          const answer = { url: `https://mmg.whatsapp.net${path}`, direct_path: path };
          const allowed = url.searchParams.get("auth") === "fake-auth";
          response.writeHead(allowed ? 200 : 401, { "content-type": "application/json" });
          response.end(JSON.stringify(allowed ? answer : { error: "unauthorized" }));
        });
        return;
      }
      const file = files.get(url.pathname);
      if (!file) return void response.writeHead(404).end();
      downloads += 1;
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(file);
    },
    async put(content, kind) {
      const mediaKey = randomBytes(32);
      const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind);
      const aes = createCipheriv("aes-256-cbc", cipherKey, iv);
      const sealed = Buffer.concat([aes.update(content), aes.final()]);
      const mac = createHmac("sha256", macKey ?? "")
        .update(iv)
        .update(sealed)
        .digest()
        .subarray(0, 10);
      const body = Buffer.concat([sealed, mac]);
      const directPath = `/v/t62/${digest(body).toString("hex")}.enc`;
      files.set(directPath, body);
      return {
        url: `https://mmg.whatsapp.net${directPath}`,
        directPath,
        mediaKey,
        fileSha256: digest(content),
        fileEncSha256: digest(body),
        fileLength: content.length,
      };
    },
    async read({ directPath, mediaKey }, kind) {
      const body = files.get(directPath ?? "");
      if (!body || !mediaKey) throw new Error(`nothing was uploaded to ${directPath}`);
      const { iv, cipherKey } = await getMediaKeys(mediaKey, kind);
      const aes = createDecipheriv("aes-256-cbc", cipherKey, iv);
      return Buffer.concat([aes.update(body.subarray(0, -10)), aes.final()]);
    },
    downloads: () => downloads,
  };
}
