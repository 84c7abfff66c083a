import type { Secret } from "../../../core/secret.ts";
import type { GuardedFetch } from "../../../guard/index.ts";

export interface SearchSettings {
  provider: "brave" | "perplexity" | "searxng";
  /** Null where the service needs none or has none. */
  apiKey: Secret | null;
  /** Of an own server, or in place of the service's own; without a slash at its end. */
  baseUrl: string | null;
  maxResults: number;
  timeoutMs: number;
  cacheTtlMs: number;
}

export interface SearchServices {
  /** May reach the configured server even where it is private. */
  fetch: GuardedFetch;
  /** Null when the tool is switched off or lacks its key or address. */
  settings(): SearchSettings | null;
}

/** One hit, as plain text. */
export interface SearchHit {
  title: string;
  url: string;
  text: string;
  /** As the service writes it. */
  date: string | null;
}

export interface SearchQuery {
  query: string;
  count: number;
  /** Only what is newer. */
  freshness: "day" | "week" | "month" | "year" | undefined;
  /** Two letters. */
  language: string | undefined;
}

/** How a service is asked, and its answer read. */
export interface SearchWire {
  /** Used where the operator configures none; null where one must be configured. */
  baseUrl: string | null;
  request(
    query: SearchQuery,
    settings: SearchSettings,
    base: string,
  ): { url: string; headers: Record<string, string>; init?: RequestInit };
  read(body: unknown): SearchHit[];
  /** What a failed answer means, from its body; null when it says nothing. */
  failure(body: unknown): string | null;
}
