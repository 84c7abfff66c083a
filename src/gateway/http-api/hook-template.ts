import type { IncomingHttpHeaders } from "node:http";

/** What a template of `hooks.mappings` may speak of. */
export interface HookEvent {
  /** Path below `hooks.path`. */
  path: string;
  payload: unknown;
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  /** Epoch milliseconds. */
  now: number;
}

/** A credential must not end up in a conversation because a template names every header. */
const withheldHeaders = new Set(["authorization", "proxy-authorization", "cookie", "x-openclaw-token"]);

/**
 * Fills `{{a.b[0]}}` and `{{payload.x}}` from the body, `{{headers.x}}`, `{{query.x}}`, `{{path}}` and `{{now}}` (ISO
 * time). What is not there becomes nothing; objects and lists become JSON. Values are never read as templates again.
 */
export function renderTemplate(template: string, event: HookEvent): string {
  return template.replace(/\{\{\s*([^{}]{1,200}?)\s*\}\}/g, (_whole, expression: string) =>
    textOf(valueOf(expression, event)),
  );
}

function valueOf(expression: string, event: HookEvent): unknown {
  const [first = "", ...rest] = expression.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  const name = rest.join(".");
  if (expression === "path") return event.path;
  if (expression === "now") return new Date(event.now).toISOString();
  if (first === "headers") {
    const header = name.toLowerCase();
    return withheldHeaders.has(header) || !Object.hasOwn(event.headers, header)
      ? undefined
      : event.headers[header];
  }
  if (first === "query") return event.query.get(name) ?? undefined;
  return walk(event.payload, first === "payload" ? rest : [first, ...rest]);
}

/** Own members only: `constructor` of an object is not part of its data. */
function walk(value: unknown, names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
