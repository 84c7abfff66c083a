import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import { UserError } from "../../../core/errors.ts";
import type { Tool } from "../../contract.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";
import { createTtlCache } from "../../tool-kit/ttl-cache.ts";
import type { SearchHit, SearchQuery, SearchServices, SearchSettings } from "./contract.ts";
import { wires } from "./wires.ts";

const maxAnswerBytes = 2_000_000;
const maxRemembered = 100;
const maxHitChars = 600;

const input = z.strictObject({
  query: z
    .string()
    .trim()
    .min(1)
    .max(400)
    .describe("What to look for, as one would type it into a search engine"),
  count: z.int().min(1).max(20).optional().describe("Most results"),
  freshness: z.enum(["day", "week", "month", "year"]).optional().describe("Only what is newer than that"),
  language: z
    .string()
    .regex(/^[a-z]{2}$/)
    .optional()
    .describe("Two letters, such as de"),
});

/** `web_search` (AGENT-005): titles, addresses and extracts; pages themselves are read with web_fetch. */
export function webSearchTool({ search, clock }: { search: SearchServices; clock: Clock }): Tool {
  const cache = createTtlCache<SearchHit[]>({ clock, maxEntries: maxRemembered });
  return defineTool({
    name: "web_search",
    description: "Search the web: titles, addresses and extracts of pages. Read a page with web_fetch.",
    groups: ["group:web"],
    effect: "network",
    input,
    async run({ query, count, freshness, language }, { signal }) {
      const settings = search.settings();
      if (!settings) {
        throw new UserError("SEARCH_NOT_SET_UP", "web search is not set up", {
          hint: "openclaw config set tools.web.search.apiKey …",
        });
      }
      const wanted = { query, count: Math.min(count ?? settings.maxResults, 20), freshness, language };
      const key = JSON.stringify([settings.provider, settings.baseUrl, wanted]);
      let hits = cache.get(key);
      if (!hits) {
        hits = await ask(search, { settings, query: wanted, signal });
        cache.set(key, hits, settings.cacheTtlMs);
      }
      const lines = hits.map(({ title, url, text, date }, index) =>
        [
          `${index + 1}. ${title || "(no title)"}${date === null ? "" : ` (${date.slice(0, 40)})`}`,
          `   ${url}`,
          `   ${text.slice(0, maxHitChars)}`,
        ].join("\n"),
      );
      const shown = lines.join("\n") || `Nothing was found for ${JSON.stringify(query)}.`;
      return textOutput(frameUntrusted(shown, `search:${settings.provider}`), {
        untrusted: true,
        results: hits.length,
      });
    },
  });
}

async function ask(
  search: SearchServices,
  call: { settings: SearchSettings; query: SearchQuery; signal: AbortSignal },
): Promise<SearchHit[]> {
  const { settings, query, signal } = call;
  const wire = wires[settings.provider];
  const base = settings.baseUrl ?? wire.baseUrl;
  if (base === null) {
    throw new UserError("SEARCH_NOT_SET_UP", "a SearXNG server has no address of its own to be found at", {
      hint: "openclaw config set tools.web.search.baseUrl https://search.example",
    });
  }
  const { url, init, headers } = wire.request(query, settings, base);
  const response = await search.fetch(url, {
    ...init,
    signal,
    headers: { accept: "application/json", "accept-encoding": "gzip", ...headers },
    redirect: "error",
    limits: {
      maxBytes: maxAnswerBytes,
      totalTimeoutMs: settings.timeoutMs,
      headersTimeoutMs: settings.timeoutMs,
    },
  });
  const text = await response.text();
  const body = parse(text);
  if (!response.ok) throw refusal(settings, { status: response.status, why: wire.failure(body) });
  if (body === undefined) {
    throw new UserError("SEARCH_FAILED", `${settings.provider} did not answer in JSON`, {
      hint:
        settings.provider === "searxng"
          ? "add json to search.formats in the server's settings.yml"
          : "try again later",
    });
  }
  return wire
    .read(body)
    .filter(({ url: address }) => /^https?:\/\//i.test(address))
    .slice(0, query.count);
}

function refusal(
  settings: SearchSettings,
  { status, why }: { status: number; why: string | null },
): UserError {
  const what = `${settings.provider} refused the search with status ${status}${why === null ? "" : `: ${why.slice(0, 200)}`}`;
  const hint =
    status === 429
      ? "its limit is reached: try again later"
      : settings.provider === "searxng"
        ? "add json to search.formats in the server's settings.yml"
        : "openclaw config set tools.web.search.apiKey …";
  return new UserError(status === 429 ? "SEARCH_LIMIT" : "SEARCH_FAILED", what, { hint });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told as "no JSON", which is what the operator can act on.
    return undefined;
  }
}
