import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBrowser, type BrowserSettings } from "../../src/browser/index.ts";
import { systemClock } from "../../src/core/clock.ts";
import { recorder } from "../fakes/recorder.ts";

const executable = "/usr/bin/chromium";
/** Without it the tests are skipped: it is 350 MB, and not everybody has it. */
export const hasChromium = existsSync(executable);

export const chromiumSettings: BrowserSettings = {
  executablePath: executable,
  headless: true,
  // Chromium refuses to use its own sandbox as root, which is what CI runs as.
  noSandbox: process.getuid?.() === 0,
  allowPrivateOrigins: [],
  maxTabs: 6,
  idleMs: 600_000,
  maxMemoryMb: 4096,
  maxDownloadBytes: 100_000,
};

/** A real browser over a temporary folder, and pages on a server of this machine that it may reach by name. */
export async function createBrowserBench() {
  const folder = mkdtempSync(join(tmpdir(), "browser-"));
  const lines: string[] = [];
  const asked: string[] = [];
  const pages = new Map<string, string | ((request: IncomingMessage, response: ServerResponse) => void)>();
  const site = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    const page = pages.get((request.url ?? "").split("?")[0] ?? "");
    if (page === undefined)
      return void response.writeHead(404, { "content-type": "text/html" }).end("<h1>nothing</h1>");
    if (typeof page === "function") return page(request, response);
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const { port } = site.address() as AddressInfo;
  const origin = `http://pages.example:${port}`;
  const other = `http://other.example:${port}`;
  const settings: BrowserSettings = { ...chromiumSettings, allowPrivateOrigins: [origin, other] };
  const downloads: Array<{ name: string; text: string; session: string }> = [];
  const resolved: string[] = [];
  const answers = new Map<string, string[]>();
  const browser = createBrowser({
    settings: () => settings,
    cacheDir: folder,
    env: { HOME: folder },
    uid: process.getuid?.() ?? null,
    clock: systemClock,
    logger: recorder(lines),
    keepDownload({ name, path, seat }) {
      downloads.push({ name, text: readFileSync(path, "utf8"), session: seat.session });
      return Promise.resolve("kept");
    },
    resolve(name) {
      resolved.push(name);
      return Promise.resolve(answers.get(name) ?? (name.endsWith(".example") ? ["127.0.0.1"] : []));
    },
  });
  return {
    browser,
    folder,
    lines,
    pages,
    asked,
    resolved,
    answers,
    downloads,
    settings,
    origin,
    other,
    port,
    owner: { session: "agent:main:main", owner: true },
    page(path: string, html: string) {
      pages.set(path, `<!doctype html>${html}`);
      return `${origin}${path}`;
    },
    async stop() {
      await browser.stop();
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type BrowserBench = Awaited<ReturnType<typeof createBrowserBench>>;

/** The ref of the first line of a snapshot that holds a text. */
export function refIn(snapshot: string, text: string): string {
  const line = snapshot.split("\n").find((each) => each.includes(text) && /\[e\d+\]/.test(each));
  const ref = /\[(e\d+)\]/.exec(line ?? "")?.[1];
  if (ref === undefined) throw new Error(`no ref for ${JSON.stringify(text)} in:\n${snapshot}`);
  return ref;
}
