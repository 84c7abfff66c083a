import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { formatBytes } from "../../tool-kit/file-type.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";

const input = z.strictObject({
  url: z.string().min(1).max(4096).describe("Complete https address"),
  mode: z.enum(["markdown", "text"]).optional().describe("Form of the text, default markdown"),
  max_chars: z.int().min(100).optional().describe("Most characters"),
  offset: z.int().min(0).optional().describe("Character to start at, to read on in a long page"),
});

export function webFetchTool(services: { web: NonNullable<ToolServices["web"]> }): Tool {
  return defineTool({
    name: "web_fetch",
    description: "Fetch a web page (or JSON, plain text) and return its readable text.",
    groups: ["group:web"],
    effect: "network",
    input,
    async run({ url, mode = "markdown", max_chars, offset = 0 }, context) {
      const limits = services.web.settings(context.agentId);
      const response = await services.web.fetch(url, {
        signal: context.signal,
        headers: {
          accept: "text/html, application/json;q=0.9, text/*;q=0.8, */*;q=0.1",
          "accept-encoding": "gzip, br",
        },
        limits: {
          maxBytes: limits.maxBytes,
          totalTimeoutMs: limits.timeoutMs,
          headersTimeoutMs: limits.timeoutMs,
          maxRedirects: limits.maxRedirects,
        },
      });
      const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
      const bytes = new Uint8Array(await response.arrayBuffer());
      const isHtml = type === "text/html" || type === "application/xhtml+xml";
      if (!isHtml && !/^text\/|json$|xml$|javascript$|^$/.test(type)) {
        throw new UserError(
          "FETCH_NOT_TEXT",
          `${new URL(response.url).host} sent ${type} (${formatBytes(bytes.length)}), which is not text`,
        );
      }
      const raw = decode(bytes, response.headers.get("content-type"));
      const page = isHtml
        ? await (await import("./page-text.ts")).pageText(raw, { url: response.url, mode })
        : { title: null, text: raw };
      const maxChars = Math.min(max_chars ?? limits.maxChars, limits.maxChars);
      const part = page.text.slice(offset, offset + maxChars);
      const head = [
        `${response.status} ${response.url}`,
        ...(page.title ? [`title: ${page.title.replaceAll(/\s+/g, " ").slice(0, 200)}`] : []),
      ];
      const rest = page.text.length - offset - part.length;
      const tail =
        rest > 0 ? `\n(${rest} more characters: fetch again with offset ${offset + part.length})` : "";
      const text = `${frameUntrusted(`${head.join("\n")}\n\n${part || "(no text)"}`, `web:${new URL(response.url).host}`)}${tail}`;
      return { ...textOutput(text, { status: response.status, untrusted: true }), isError: !response.ok };
    },
  });
}

function decode(bytes: Uint8Array, contentType: string | null): string {
  const charset = /charset="?([\w-]+)/i.exec(contentType ?? "")?.[1];
  try {
    return new TextDecoder(charset ?? "utf-8").decode(bytes);
  } catch {
    // An encoding that does not exist: read it as what it most likely is.
    return new TextDecoder().decode(bytes);
  }
}
