import { isObject } from "../../../core/json.ts";
import type { SearchHit, SearchSettings, SearchWire } from "./contract.ts";

/** Brave Search API, Web Search: https://api-dashboard.search.brave.com/app/documentation/web-search */
const brave: SearchWire = {
  baseUrl: "https://api.search.brave.com/res/v1",
  request({ query, count, freshness, language }, settings, base) {
    const url = new URL(`${base}/web/search`);
    url.searchParams.set("q", query);
    url.searchParams.set("count", String(Math.min(count, 20)));
    if (freshness) url.searchParams.set("freshness", `p${freshness[0]}`);
    if (language) url.searchParams.set("search_lang", language);
    return { url: url.href, headers: { "x-subscription-token": key(settings) } };
  },
  read: (body) =>
    rows(isObject(body) && isObject(body["web"]) ? body["web"]["results"] : []).map((row) =>
      hit(row, { text: "description", date: ["age", "page_age"] }),
    ),
  failure: (body) => (isObject(body) && isObject(body["error"]) ? textOf(body["error"]["detail"]) : null),
};

/** SearXNG: https://docs.searxng.org/dev/search_api.html; the server must allow `format=json`. */
const searxng: SearchWire = {
  baseUrl: null,
  request({ query, freshness, language }, settings, base) {
    const url = new URL(`${base}/search`);
    url.searchParams.set("q", query);
    url.searchParams.set("format", "json");
    if (freshness) url.searchParams.set("time_range", freshness);
    if (language) url.searchParams.set("language", language);
    const headers: Record<string, string> = settings.apiKey
      ? { authorization: `Bearer ${key(settings)}` }
      : {};
    return { url: url.href, headers };
  },
  read: (body) =>
    rows(isObject(body) ? body["results"] : []).map((row) =>
      hit(row, { text: "content", date: ["publishedDate"] }),
    ),
  failure: () => null,
};

/** Perplexity Search API: https://docs.perplexity.ai/api-reference/search-post */
const perplexity: SearchWire = {
  baseUrl: "https://api.perplexity.ai",
  request({ query, count, freshness, language }, settings, base) {
    const body = {
      query,
      max_results: Math.min(count, 20),
      ...(freshness ? { search_recency_filter: freshness } : {}),
      ...(language ? { search_language_filter: [language] } : {}),
    };
    const headers = { authorization: `Bearer ${key(settings)}`, "content-type": "application/json" };
    return { url: `${base}/search`, headers, init: { method: "POST", body: JSON.stringify(body) } };
  },
  read: (body) =>
    rows(isObject(body) ? body["results"] : []).map((row) =>
      hit(row, { text: "snippet", date: ["date", "last_updated"] }),
    ),
  failure: (body) => (isObject(body) && isObject(body["error"]) ? textOf(body["error"]["message"]) : null),
};

export const wires: Readonly<Record<SearchSettings["provider"], SearchWire>> = { brave, searxng, perplexity };

function key(settings: SearchSettings): string {
  return settings.apiKey?.reveal() ?? "";
}

function rows(value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function hit(row: Record<string, unknown>, names: { text: string; date: string[] }): SearchHit {
  return {
    title: plain(row["title"]),
    url: textOf(row["url"]) ?? "",
    text: plain(row[names.text]),
    date: names.date.map((name) => textOf(row[name])).find((value) => value !== null) ?? null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** Services mark the words of the query with tags. */
function plain(value: unknown): string {
  return (textOf(value) ?? "")
    .replaceAll(/<\/?[a-z][^<>]{0,200}>/gi, "")
    .replaceAll(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,6}));/gi,
      (all: string, decimal?: string, hex?: string, name?: string) => {
        const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
        if (code === null) return entities[String(name).toLowerCase()] ?? all;
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
      },
    )
    .replaceAll(/\s+/g, " ")
    .trim();
}
