import { messageOf } from "../../core/errors.ts";
import type { GatewayServices } from "../contract.ts";
import { decodeBase64, sniffImage } from "../methods/attachments.ts";
import { settingsOf } from "../methods/settings.ts";
import { badRequest } from "./reply.ts";
import type { NeutralPart } from "./turn.ts";

const textTypes = new Set(["text/plain", "text/markdown", "text/html", "text/csv", "application/json"]);
const fetchTimeoutMs = 10_000;

/** Where the bytes of a part are: in the request, or behind an address. */
export type MediaSource =
  | { kind: "base64"; data: string; mimeType?: string; fileName?: string }
  | { kind: "url"; url: string; fileName?: string };

/** Reads images and files of one request, within the limits of `gateway.http.endpoints.responses`. */
export function createMediaReader(services: GatewayServices, signal: AbortSignal) {
  const limits = settingsOf(services).gateway.http.endpoints.responses;
  let urlParts = 0;

  async function bytesOf(
    source: MediaSource,
    what: "image" | "file",
  ): Promise<{ bytes: Uint8Array; type: string | null }> {
    const { maxBytes, allowUrl } = what === "image" ? limits.images : limits.files;
    if (source.kind === "base64") {
      const declared = /^data:([^;,]+)/.exec(source.data)?.[1] ?? source.mimeType ?? null;
      const bytes = decodeBase64(source.data, maxBytes, `input ${what}`);
      if (bytes.length > maxBytes) throw badRequest(`input ${what} is larger than ${maxBytes} bytes`);
      return { bytes, type: declared };
    }
    if (!allowUrl) {
      throw badRequest(
        `input ${what}s by URL are switched off (gateway.http.endpoints.responses.${what}s.allowUrl); send it as base64`,
      );
    }
    urlParts += 1;
    if (urlParts > limits.maxUrlParts) {
      throw badRequest(`more than ${limits.maxUrlParts} images and files by URL in one request`);
    }
    return fetchBytes(
      services,
      source.url,
      maxBytes,
      AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]),
    );
  }

  return {
    async image(source: MediaSource): Promise<NeutralPart> {
      const { bytes } = await bytesOf(source, "image");
      const mimeType = sniffImage(bytes);
      if (mimeType === null) throw badRequest("input image is not a PNG, JPEG, GIF or WebP");
      return { type: "image", bytes, mimeType };
    },
    /** Text of a file, fenced and named: it is something the user brought along, not an instruction of ours. */
    async file(source: MediaSource): Promise<NeutralPart> {
      const { bytes, type } = await bytesOf(source, "file");
      const mimeType = (type ?? "text/plain").split(";")[0]?.trim().toLowerCase() ?? "";
      const image = sniffImage(bytes);
      if (image !== null) return { type: "image", bytes, mimeType: image };
      if (!textTypes.has(mimeType)) {
        throw badRequest(
          `input file of type ${JSON.stringify(mimeType.slice(0, 80))} cannot be read; send ${[...textTypes].join(", ")}`,
        );
      }
      const full = new TextDecoder().decode(bytes);
      const text = full.slice(0, limits.files.maxChars).toWellFormed();
      const name = (source.fileName ?? "file").replace(/[^\p{L}\p{N}._ -]/gu, "_").slice(0, 120);
      const cut = full.length > text.length ? `\n[cut: ${full.length - text.length} more characters]` : "";
      return { type: "text", text: `[file ${name}]\n${text}${cut}\n[end of file ${name}]` };
    },
  };
}

async function fetchBytes(
  services: GatewayServices,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; type: string | null }> {
  try {
    const response = await services.fetch(url, { signal });
    if (!response.ok || !response.body)
      throw badRequest(`the address of an input answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > maxBytes) throw badRequest(`an input by URL is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), type: response.headers.get("content-type") };
  } catch (error) {
    throw badRequest(`an input by URL cannot be fetched: ${messageOf(error)}`);
  }
}
