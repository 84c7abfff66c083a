import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { ServerSettings } from "../settings.ts";

/** Files of the Control UI by their path below its root, e.g. `index.html`; all in memory (threats.md 4.4). */
export type StaticManifest = ReadonlyMap<string, StaticFile>;
export interface StaticFile {
  body: Uint8Array;
  contentType: string;
  etag: string;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".txt": "text/plain; charset=utf-8",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

const contentSecurityPolicy = (styles: "style-src 'self'" | "style-src 'self' 'unsafe-inline'") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    styles,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** Paths of the API and of reserved names: an unknown one is 404 and never the page. */
const notThePage = new Set(["v1", "tools", "hooks", "api", "__openclaw__"]);

/** Reads a folder into memory; links are not followed. Types that are not known to be needed are left out. */
export function loadStaticManifest(folder: string): StaticManifest {
  const manifest = new Map<string, StaticFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const contentType = types[extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path);
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    manifest.set(path.slice(folder.length).replaceAll("\\", "/").replace(/^\/+/, ""), {
      body,
      contentType,
      etag,
    });
  }
  return manifest;
}

/**
 * Serves the Control UI: its files, `index.html` for page addresses, a redirect to the base path's slash. Returns
 * false when the request is not for it.
 */
export function createStaticHandler(
  manifest: StaticManifest,
  settings: () => Pick<ServerSettings, "controlUi">,
): (request: IncomingMessage, response: ServerResponse, segments: readonly string[]) => boolean {
  return (request, response, segments) => {
    const { enabled, basePath, foreign } = settings().controlUi;
    if (!enabled) return false;
    const base = basePath.split("/").filter((segment) => segment !== "");
    if (base.some((segment, index) => segments[index] !== segment)) return false;
    const inside = segments.slice(base.length);
    const [pathname = "", search] = (request.url ?? "/").split("?");
    if (base.length > 0 && inside.length === 0 && !pathname.endsWith("/")) {
      response.statusCode = 302;
      response.setHeader("Location", `/${base.join("/")}/${search === undefined ? "" : `?${search}`}`);
      response.end();
      return true;
    }
    const name = inside.join("/");
    const isPage = name === "" || (!notThePage.has(inside[0] ?? "") && !(inside.at(-1) ?? "").includes("."));
    const file =
      manifest.get(name === "" ? "index.html" : name) ?? (isPage ? manifest.get("index.html") : undefined);
    if (file === undefined) return false;
    const styles = foreign ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'";
    response.setHeader("Content-Security-Policy", contentSecurityPolicy(styles));
    // Names of assets change with their content.
    response.setHeader(
      "Cache-Control",
      name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    );
    response.setHeader("ETag", file.etag);
    if (request.headers["if-none-match"] === file.etag) {
      response.statusCode = 304;
      response.end();
      return true;
    }
    response.setHeader("Content-Type", file.contentType);
    response.setHeader("Content-Length", file.body.byteLength);
    response.end(request.method === "HEAD" ? undefined : file.body);
    return true;
  };
}
