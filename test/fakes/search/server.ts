// Search services as their published references describe them: Brave, SearXNG, Perplexity.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakePage {
  title: string;
  url: string;
  text: string;
  date?: string;
}

export interface FakeSearch extends AsyncDisposable {
  origin: string;
  /** `GET /res/v1/web/search?…`, with the body of a POST behind it. */
  asked: string[];
  pages: FakePage[];
  /** The next answer is this status. */
  failNext(status: 401 | 429 | 500): void;
  /** Whether SearXNG was allowed to answer in JSON. */
  json: boolean;
}

export const searchKey = "search-key-1";

export async function startFakeSearch(): Promise<FakeSearch> {
  let failing: number | null = null;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      fake.asked.push(`${request.method} ${request.url} ${body}`.trim());
      const status = failing;
      failing = null;
      answer({ request, response, body, status }, fake);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeSearch = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    pages: [],
    json: true,
    failNext: (status) => void (failing = status),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: string;
  status: number | null;
}

function answer(exchange: Exchange, fake: FakeSearch): void {
  const url = new URL(exchange.request.url ?? "/", fake.origin);
  if (url.pathname === "/res/v1/web/search") return brave(exchange, { url, fake });
  if (url.pathname === "/search" && exchange.request.method === "GET")
    return searxng(exchange, { url, fake });
  if (url.pathname === "/search") return perplexity(exchange, fake);
  exchange.response.writeHead(404).end();
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function brave({ request, response, status }: Exchange, { url, fake }: { url: URL; fake: FakeSearch }): void {
  const refuse = (code: string, detail: string, at: number) =>
    send(response, at, {
      type: "ErrorResponse",
      error: { id: "e1", status: at, code, detail, meta: {} },
      time: 1,
    });
  if (status === 429) return refuse("RATE_LIMITED", "Request rate limit exceeded for plan.", 429);
  if (status !== null)
    return void response.writeHead(status, { "content-type": "text/html" }).end("<h1>broken</h1>");
  if (request.headers["x-subscription-token"] !== searchKey)
    return refuse("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.", 422);
  const q = url.searchParams.get("q") ?? "";
  const count = Number(url.searchParams.get("count") ?? 20);
  const freshness = url.searchParams.get("freshness");
  if (q === "" || q.length > 400 || count < 1 || count > 20)
    return refuse("VALIDATION", "Unable to validate request parameter(s)", 422);
  if (freshness !== null && !["pd", "pw", "pm", "py"].includes(freshness))
    return refuse("VALIDATION", "freshness", 422);
  send(response, 200, {
    type: "search",
    query: { original: q, more_results_available: false },
    ...(fake.pages.length === 0
      ? {}
      : {
          web: {
            type: "search",
            results: fake.pages.slice(0, count).map((page) => ({
              title: page.title,
              url: page.url,
              is_source_local: false,
              description: page.text,
              ...(page.date ? { age: page.date } : {}),
              profile: { name: "x", long_name: "x.example" },
              language: "en",
              family_friendly: true,
              type: "search_result",
              subtype: "generic",
            })),
            family_friendly: true,
          },
        }),
  });
}

function searxng({ response, status }: Exchange, { url, fake }: { url: URL; fake: FakeSearch }): void {
  if (url.searchParams.get("format") !== "json") return void response.writeHead(200).end("<html></html>");
  if (!fake.json || status !== null) {
    return void response
      .writeHead(status ?? 403, { "content-type": "text/html" })
      .end("<title>403 Forbidden</title>");
  }
  send(response, 200, {
    query: url.searchParams.get("q"),
    number_of_results: 0,
    results: fake.pages.map((page, index) => ({
      url: page.url,
      title: page.title,
      content: page.text,
      publishedDate: page.date ?? null,
      engine: "duckduckgo",
      template: "default.html",
      engines: ["duckduckgo"],
      positions: [index + 1],
      score: 1 / (index + 1),
      category: "general",
    })),
    answers: [],
    corrections: [],
    infoboxes: [],
    suggestions: [],
    unresponsive_engines: [],
  });
}

function perplexity({ request, response, body, status }: Exchange, fake: FakeSearch): void {
  if (status !== null || request.headers.authorization !== `Bearer ${searchKey}`) {
    const type = status === 429 ? "rate_limit" : "invalid_api_key";
    return send(response, status ?? 401, {
      error: { message: `refused: ${type}`, type, code: status ?? 401 },
    });
  }
  const { query, max_results: count = 10 } = JSON.parse(body) as { query?: string; max_results?: number };
  if (typeof query !== "string" || count < 1 || count > 20)
    return send(response, 400, { error: { message: "bad request" } });
  send(response, 200, {
    id: "s1",
    results: fake.pages.slice(0, count).map((page) => ({
      title: page.title,
      url: page.url,
      snippet: page.text,
      date: page.date ?? null,
      last_updated: null,
    })),
  });
}
