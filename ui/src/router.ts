import { signal } from "@preact/signals";

/** Where the page is: the last segment of the path, and its query. */
export interface Place {
  page: string;
  query: URLSearchParams;
}

/** Addresses are one segment deep, so that relative addresses work below any base path, also one a proxy adds. */
export const place = signal<Place>(read());

function read(): Place {
  const url = new URL(location.href);
  return { page: url.pathname.split("/").at(-1) || "chat", query: url.searchParams };
}

addEventListener("popstate", () => (place.value = read()));

export function href(page: string, query: Record<string, string | undefined> = {}): string {
  const url = new URL(page, new URL(".", location.href));
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

export function go(
  page: string,
  query: Record<string, string | undefined> = {},
  { replace = false } = {},
): void {
  history[replace ? "replaceState" : "pushState"](null, "", href(page, query));
  place.value = read();
}

/** Follows a link within the page; lets the browser do what only it can (new tab, download). */
export function followLink(
  event: MouseEvent,
  page: string,
  query?: Record<string, string | undefined>,
): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(page, query);
}
