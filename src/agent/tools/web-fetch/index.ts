import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import { UserError } from "../../../core/errors.ts";
import type { Tool, ToolContext } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { formatBytes } from "../../tool-kit/file-type.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";
import { createTtlCache } from "../../tool-kit/ttl-cache.ts";

const input = z.strictObject({
  url: z.string().min(1).max(4096).describe("Complete https address"),
  mode: z.enum(["markdown", "text"]).optional().describe("Form of the text, default markdown"),
  max_chars: z.int().min(100).optional().describe("Most characters"),
  offset: z.int().min(0).optional().describe("Character to start at, to read on in a long page"),
});

interface Page {
  ok: boolean;
  status: number;
  url: string;
  title: string | null;
  text: string;
}

const maxRemembered = 50;
const maxRememberedChars = 500_000;

export function webFetchTool(services: { web: NonNullable<ToolServices["web"]>; clock: Clock }): Tool {
  const cache = createTtlCache<Page>({ clock: services.clock, maxEntries: maxRemembered });
  return defineTool({
    name: "web_fetch",
    description: "Fetch a web page (or JSON, plain text) and return its readable text.",
    groups: ["group:web"],
    effect: "network",
    input,
    async run({ url, mode = "markdown", max_chars, offset = 0 }, context) {
      const limits = services.web.settings(context.agentId);
      const key = `${mode} ${url}`;
      let page = cache.get(key);
      if (!page) {
        page = await fetchPage(services.web, { url, mode, context });
        if (page.ok && page.text.length <= maxRememberedChars) cache.set(key, page, limits.cacheTtlMs);
      }
      const maxChars = Math.min(max_chars ?? limits.maxChars, limits.maxChars);
      const part = page.text.slice(offset, offset + maxChars);
      const head = [
        `${page.status} ${page.url}`,
        ...(page.title ? [`title: ${page.title.replaceAll(/\s+/g, " ").slice(0, 200)}`] : []),
      ];
      const rest = page.text.length - offset - part.length;
      const tail =
        rest > 0 ? `\n(${rest} more characters: fetch again with offset ${offset + part.length})` : "";
      const text = `${frameUntrusted(`${head.join("\n")}\n\n${part || "(no text)"}`, `web:${new URL(page.url).host}`)}${tail}`;
      return { ...textOutput(text, { status: page.status, untrusted: true }), isError: !page.ok };
    },
  });
}

async function fetchPage(
  web: NonNullable<ToolServices["web"]>,
  { url, mode, context }: { url: string; mode: "markdown" | "text"; context: ToolContext },
): Promise<Page> {
  const limits = web.settings(context.agentId);
  const response = await web.fetch(url, {
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
    ? await (await import("../../tool-kit/page-text.ts")).pageText(raw, { url: response.url, mode })
    : { title: null, text: raw };
  return { ...page, ok: response.ok, status: response.status, url: response.url };
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
