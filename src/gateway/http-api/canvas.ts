import { extname } from "node:path";
import { codeOf } from "../../core/errors.ts";
import { openRootFs } from "../../guard/index.ts";
import { sendText } from "../http/respond.ts";
import type { Route } from "../http/route.ts";

const maxPageBytes = 20 * 1024 * 1024;

/**
 * A page an agent made may run its own script and style and nothing else: opaque origin, no network, no forms, no
 * frames around it (threats.md 4.4). So it cannot reach the gateway it came from, nor tell anybody what it shows.
 */
const contentSecurityPolicy = [
  "sandbox allow-scripts",
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "font-src data:",
  "media-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".htm": "text/html; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
};

/**
 * `GET /__openclaw__/canvas/…` (protocol.md 5): files below `root()`, `index.html` for a folder; hidden files, unknown
 * types and whatever leads outside do not exist. Programs of this machine read without a secret, all others with the bearer.
 */
export function createCanvasRoutes(options: {
  root: () => string | null;
  denied: readonly string[];
}): Route[] {
  const route: Omit<Route, "path"> = {
    methods: ["GET"],
    auth: "bearer",
    directToo: true,
    authority: "read",
    maxBodyBytes: 0,
    enabled: () => options.root() !== null,
    async handle({ method, params }, response) {
      const root = options.root();
      const found = root === null ? null : await readPage(root, params["*"] ?? "index.html", options.denied);
      if (found === null) return sendText(response, 404, "Not Found");
      response.writeHead(200, {
        "content-type": found.type,
        "content-length": found.bytes.length,
        "content-security-policy": contentSecurityPolicy,
        "cache-control": "no-store",
      });
      response.end(method === "HEAD" ? undefined : found.bytes);
    },
  };
  return [
    { ...route, path: "/__openclaw__/canvas" },
    { ...route, path: "/__openclaw__/canvas/*" },
  ];
}

async function readPage(
  root: string,
  path: string,
  denied: readonly string[],
): Promise<{ bytes: Uint8Array; type: string } | null> {
  if (path.split("/").some((segment) => segment.startsWith("."))) return null;
  try {
    const files = await openRootFs(root, { denied });
    const name = (await files.stat(path))?.kind === "directory" ? `${path}/index.html` : path;
    const type = types[extname(name).toLowerCase()];
    if (type === undefined) return null;
    const { bytes, size } = await files.read(name, { length: maxPageBytes });
    return size > maxPageBytes ? null : { bytes, type };
  } catch (error) {
    // Missing, outside, no regular file: all look alike to whoever asks.
    if (codeOf(error)?.startsWith("PATH_")) return null;
    throw error;
  }
}
