// Browsers that note everything a newcomer should not have to see: errors, requests elsewhere, what axe finds.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { axeProblems } from "../ui/harness.ts";

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 780 };

export interface Visits {
  /** A browser of its own: no cookies, no storage, no device of the others. */
  visitor(): Promise<Page>;
  /** A picture for the page, and what axe says about what is on it. Phones: 390 px wide. */
  picture(page: Page, name: string, size?: "desktop" | "phone"): Promise<void>;
  /** Only axe, in light and in dark. */
  look(page: Page, name: string): Promise<void>;
  /** While the gateway is stopped on purpose, a browser says that its socket was refused. */
  stopped: boolean;
  consoleErrors: string[];
  elsewhere: string[];
  axe: string[];
  looked: number;
  pictures: Array<{ name: string; bytes: number }>;
  close(): Promise<void>;
}

export function browserPath(): string | undefined {
  return ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
}

/** `folder`: where pictures go; null for neither pictures nor axe. What is noted is added to while the visits last. */
export async function createVisits(options: {
  executablePath: string;
  port: number;
  folder: string | null;
}): Promise<Visits> {
  const { folder, port } = options;
  const browser: Browser = await chromium.launch({
    executablePath: options.executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      "--no-proxy-server",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
  if (folder !== null) mkdirSync(folder, { recursive: true });
  const visits: Visits = {
    stopped: false,
    consoleErrors: [],
    elsewhere: [],
    axe: [],
    looked: 0,
    pictures: [],
    async visitor() {
      const context = await browser.newContext({ viewport: desktop, deviceScaleFactor: 1, locale: "en-GB" });
      const page = await context.newPage();
      const own = (url: string) => {
        const { protocol, host } = new URL(url);
        return protocol === "data:" || protocol === "blob:" || host === `127.0.0.1:${port}`;
      };
      page.on("console", (line) => {
        const refused = visits.stopped && line.text().includes("ERR_CONNECTION_REFUSED");
        if (line.type() === "error" && !refused) visits.consoleErrors.push(line.text());
      });
      page.on("pageerror", (error) => visits.consoleErrors.push(error.message));
      page.on("request", (request) => {
        if (!own(request.url())) visits.elsewhere.push(request.url());
      });
      page.on("websocket", (socket) => {
        if (!own(socket.url())) visits.elsewhere.push(socket.url());
      });
      return page;
    },
    async picture(page, name, size = "desktop") {
      if (size === "phone") await page.setViewportSize(phone);
      await visits.look(page, name);
      if (folder !== null) {
        const path = join(folder, `${name}.png`);
        await page.screenshot({ path, animations: "disabled" });
        visits.pictures.push({ name, bytes: statSync(path).size });
      }
      if (size === "phone") await page.setViewportSize(desktop);
    },
    async look(page, name) {
      if (folder === null) return;
      visits.looked += 1;
      for (const problem of await axeProblems(page)) visits.axe.push(`${name}: ${problem}`);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
    },
    close: () => browser.close(),
  };
  return visits;
}
