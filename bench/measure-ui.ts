import { readdirSync, readFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { systemClock } from "../src/core/clock.ts";
import { silentLogger } from "../src/core/logger.ts";
import { openStorage } from "../src/sessions/index.ts";
import { resolvePaths } from "../src/state/index.ts";
import { makeBed, median, spawnGateway, token } from "./gateway.ts";
import type { BenchOptions, Row } from "./row.ts";

const messages = 100_000;
const storedSessions = 5000;
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);

/** What the page costs in a real browser: its first load, a very long conversation, very many conversations. */
export async function measureUi({ smoke }: BenchOptions): Promise<Row[]> {
  if (browserPath === undefined) {
    console.error("bench: ui skipped: no Chromium on this machine (apt-get install chromium)");
    return [];
  }
  const bed = await makeBed();
  const paths = resolvePaths({ env: bed.env, home: bed.home });
  await fill(paths);
  const { chromium } = await import("playwright-core");
  const gateway = spawnGateway(bed);
  const browser = await chromium.launch({
    executablePath: browserPath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-proxy-server",
      "--enable-precise-memory-info",
    ],
  });
  try {
    const origin = `http://127.0.0.1:${bed.port}`;
    for (let tries = 0; tries < 2000 && !(await answers(origin)); tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const page = await browser.newPage();
    const loaded: string[] = [];
    page.on("response", (response) => loaded.push(new URL(response.url()).pathname));
    await page.goto(`${origin}/chat?token=${token}`);
    const rows = page.locator(".session-list li button");
    await rows.first().waitFor();
    const gzip = firstLoadBytes(loaded);
    const opened: number[] = [];
    for (let round = 0; round < (smoke ? 3 : 7); round++) {
      opened.push(await openTime(page, "long", `answer ${messages - 1}`));
      // Back to one that is empty, so that every round opens it anew.
      await openTime(page, "stored-0", null);
    }
    // What this machine manages when there is nothing to scroll.
    const idleFps = await scrollRate(page);
    await openTime(page, "long", `answer ${messages - 1}`);
    for (let step = 0; step < 12; step++) await scrollUp(page);
    const fps = await scrollRate(page);
    const heap = await page.evaluate(
      () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
    );
    const list = await listFigures(page, `${origin}/sessions`);
    return [
      { what: "Control UI: first load of the chat page, gzip", value: gzip / 1000, unit: "kB", target: 250 },
      {
        what: `Control UI: open a conversation of ${messages.toLocaleString("en")} messages`,
        value: median(opened),
        unit: "ms",
        target: 300,
      },
      {
        what: "Control UI: frames a second while scrolling it",
        value: fps,
        unit: "fps",
        target: 50,
        atLeast: true,
        guard: { value: fps / idleFps, target: 50 / 60 },
      },
      { what: "Control UI: heap after paging back through it", value: heap / 1e6, unit: "MB", target: 60 },
      {
        what: `Control UI: list ${storedSessions.toLocaleString("en")} conversations, from press to page`,
        value: list.shownMs,
        unit: "ms",
        target: 300,
      },
      {
        what: "Control UI: longest task while they are listed, of those over 50 ms",
        value: list.longestMs,
        unit: "ms",
        target: 200,
      },
    ];
  } finally {
    await browser.close();
    await gateway.stop();
    bed.remove();
  }
}

async function fill(paths: ReturnType<typeof resolvePaths>): Promise<void> {
  const { ledger, sessions } = await openStorage({
    paths,
    clock: systemClock,
    logger: silentLogger,
    policy: () => ({
      maxConcurrent: 1,
      maxConcurrentPerAgent: () => 1,
      leaseMs: 30_000,
      defaultTimeoutMs: 60_000,
      maxQueuedPerSession: 100,
    }),
  });
  await Promise.all(
    Array.from({ length: storedSessions }, (_, index) =>
      sessions.ensure(`agent:main:stored-${index}`, "main"),
    ),
  );
  await sessions.ensure("agent:main:long", "main");
  const path = sessions.transcriptPath("agent:main:long");
  mkdirSync(dirname(path), { recursive: true });
  const lines = Array.from({ length: messages }, (_, index) => {
    const isUser = index % 2 === 0;
    const text = isUser
      ? `question ${index}`
      : `answer ${index}\n\n- **one**\n- two\n\n\`\`\`ts\nconst x = ${index};\n\`\`\``;
    return JSON.stringify({
      id: `e${index}`,
      ts: 1_700_000_000_000 + index * 1000,
      role: isUser ? "user" : "assistant",
      content: [{ type: "text", text }],
    });
  });
  writeFileSync(path, `${lines.join("\n")}\n`);
  await ledger.close();
}

/** Bytes of what the browser asked for, as a compressing server or proxy sends them. */
export function firstLoadBytes(paths: readonly string[]): number {
  const folder = fileURLToPath(new URL("../dist/ui/", import.meta.url));
  const files = new Set(readdirSync(folder, { recursive: true }).map(String));
  return [...new Set(paths)]
    .map((path) => (path === "/" || path === "/chat" ? "index.html" : path.slice(1)))
    .filter((name) => files.has(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(`${folder}${name}`)).length, 0);
}

/** Milliseconds from the press that opens a conversation to the frame that shows `last` (null: an empty one). */
function openTime(page: Page, name: string, last: string | null): Promise<number> {
  return page.evaluate(
    ({ key, words }) =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        const isThere = () =>
          words === null
            ? document.querySelector(".log .empty") !== null
            : document.querySelector(".log")?.textContent.includes(words) === true;
        const look = () => {
          if (!isThere()) return;
          observer.disconnect();
          requestAnimationFrame(() => resolve(performance.now() - began));
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        history.pushState(null, "", `chat?session=${key}`);
        dispatchEvent(new PopStateEvent("popstate"));
      }),
    { key: `agent:main:${name}`, words: last },
  );
}

/** One page back, as a person scrolls; resolves when it is there. */
function scrollUp(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const log = document.querySelector(".log");
        if (!log) throw new Error("no conversation");
        const first = log.querySelector(".turn")?.textContent;
        const look = () => {
          if (log.querySelector(".turn")?.textContent === first) return;
          observer.disconnect();
          requestAnimationFrame(() => resolve());
        };
        const observer = new MutationObserver(look);
        observer.observe(log, { subtree: true, childList: true });
        log.scrollTop = 0;
      }),
  );
}

/** Frames a second over two seconds of scrolling. */
function scrollRate(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const log = document.querySelector(".log");
        let began = 0;
        let frames = 0;
        const step = (at: number) => {
          if (began === 0) began = at;
          else frames += 1;
          if (log) log.scrollTop += 60;
          if (at - began < 2000) requestAnimationFrame(step);
          else resolve(frames / ((at - began) / 1000));
        };
        requestAnimationFrame(step);
      }),
  );
}

async function listFigures(page: Page, url: string): Promise<{ shownMs: number; longestMs: number }> {
  await page.goto(url.replace("/sessions", "/logs"));
  await page.locator("main[data-page=logs] h1").waitFor();
  return page.evaluate(
    () =>
      new Promise<{ shownMs: number; longestMs: number }>((resolve) => {
        let longestMs = 0;
        new PerformanceObserver((entries) => {
          for (const entry of entries.getEntries()) longestMs = Math.max(longestMs, entry.duration);
        }).observe({ entryTypes: ["longtask"] });
        const began = performance.now();
        const observer = new MutationObserver(() => {
          if (
            document.querySelector(
              "main[data-page=sessions] tbody tr, main[data-page=sessions] li button",
            ) === null
          )
            return;
          observer.disconnect();
          requestAnimationFrame(() => {
            const shownMs = performance.now() - began;
            // Whatever the list does after it is there counts too.
            setTimeout(() => resolve({ shownMs, longestMs }), 500);
          });
        });
        observer.observe(document.body, { subtree: true, childList: true });
        document.querySelector<HTMLAnchorElement>('.navigation a[href$="/sessions"]')?.click();
      }),
  );
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/health`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}
