/**
 * Splits a request target into decoded segments, once, for routing and authorisation alike (threats.md 4.3).
 * Null for anything with two readings: dot segments, empty segments, backslashes, control characters, encoded
 * slashes, broken or double encoding. A trailing slash is dropped; `/` is the empty list.
 */
export function canonicalSegments(pathname: string): string[] | null {
  if (!pathname.startsWith("/")) return null;
  const raw = pathname.slice(1);
  if (raw === "") return [];
  const parts = (raw.endsWith("/") ? raw.slice(0, -1) : raw).split("/");
  const segments: string[] = [];
  for (const part of parts) {
    let segment: string;
    try {
      segment = decodeURIComponent(part);
    } catch {
      return null;
    }
    if (segment === "" || segment === "." || segment === "..") return null;
    if (/[\\/\u0000-\u001f\u007f]/.test(segment) || /%[0-9a-f]{2}/i.test(segment)) return null;
    segments.push(segment);
  }
  return segments;
}

/** Path and query of a request target, without resolving dots as `new URL` would. */
export function splitTarget(target: string): { pathname: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  const pathname = at < 0 ? target : target.slice(0, at);
  return { pathname, query: new URLSearchParams(at < 0 ? "" : target.slice(at + 1)) };
}
