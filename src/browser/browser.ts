import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf, UserError } from "../core/errors.ts";
import { renderAx } from "./ax-text.ts";
import { performAct } from "./act.ts";
import type {
  Browser,
  BrowserSeat,
  BrowserStatus,
  Noted,
  PageAct,
  PageOptions,
  TabInfo,
} from "./contract.ts";
import { findBrowser } from "./find.ts";
import { memoryOf } from "./launch.ts";
import { evaluate, pageOf, pointOf, readDocuments, settle, type Page } from "./page.ts";
import { startRunning, type BrowserOptions, type Running } from "./running.ts";
import { elementOf, infoOf, refFor, sameSeat, takeNotes, type Tab } from "./tab.ts";
import { parsePageUrl } from "./page-url.ts";

export type { BrowserOptions } from "./running.ts";

const requestMs = 45_000;
const loadMs = 15_000;
const maxHtmlChars = 5_000_000;

/** Nothing happens until the first request: no process, no port, no file. */
export function createBrowser(options: BrowserOptions): Browser {
  const { settings, logger } = options;
  const clock: Clock = options.clock;
  let running: Running | null = null;
  let starting: Promise<Running> | null = null;
  /** The tab each seat means when it names none, by seat. */
  const active = new Map<string, string>();
  let cancelIdle = () => {};
  let busy = 0;

  const keyOf = (seat: BrowserSeat) => `${seat.owner ? "owner" : "guest"} ${seat.session}`;

  async function start(): Promise<Running> {
    if (running) return running;
    starting ??= startRunning(options, {
      onTabClosed: (tab) => {
        if (active.get(keyOf(tab.seat)) === tab.id) active.delete(keyOf(tab.seat));
      },
      onEnded: (ended) => {
        for (const tab of ended.targets.tabs.values()) tab.closed = true;
        if (running === ended) running = null;
        active.clear();
        cancelIdle();
        logger.info("the browser ended");
      },
    });
    try {
      running = await starting;
      logger.info("the browser started", { pid: running.launched.pid, version: running.launched.version });
      return running;
    } finally {
      starting = null;
    }
  }
  async function stop(): Promise<void> {
    const current = running ?? (await starting?.catch(() => null)) ?? null;
    await current?.stop();
  }
  function waitIdle(): void {
    cancelIdle();
    if (!running || busy > 0) return;
    cancelIdle = clock.after(settings().idleMs, () => {
      logger.info("the browser is closed: nobody used it for a while");
      void stop();
    });
  }
  /** Keeps the browser from being closed as idle meanwhile. */
  async function using<T>(work: () => Promise<T>): Promise<T> {
    busy++;
    cancelIdle();
    try {
      return await work();
    } finally {
      busy--;
      waitIdle();
    }
  }

  function mine(seat: BrowserSeat): Tab[] {
    return [...(running?.targets.tabs.values() ?? [])].filter((tab) => sameSeat(tab.seat, seat));
  }
  function isActive(tab: Tab): boolean {
    return active.get(keyOf(tab.seat)) === tab.id;
  }
  /** @throws UserError BROWSER_TAB_UNKNOWN: another session's tab is as unknown as one that never was. */
  function pick(seat: BrowserSeat, id: string | undefined): Tab {
    const tabs = mine(seat);
    const wanted = id ?? active.get(keyOf(seat));
    const tab = tabs.find((each) => each.id === wanted) ?? (id === undefined ? tabs.at(-1) : undefined);
    if (tab) return tab;
    throw new UserError(
      "BROWSER_TAB_UNKNOWN",
      id === undefined ? "no page is open" : `there is no tab ${JSON.stringify(id.slice(0, 40))}`,
      { hint: "open a page first" },
    );
  }
  const info = (tab: Tab): TabInfo => infoOf(tab, isActive(tab));

  /** Runs work on a tab; afterwards the tab is the active one, and what happened in it is told. */
  async function onTab<T>(
    seat: BrowserSeat,
    given: PageOptions,
    work: (page: Page) => Promise<T>,
  ): Promise<Noted<T>> {
    return await using(async () => {
      const tab = pick(seat, given.tab);
      active.set(keyOf(seat), tab.id);
      const current = running;
      if (!current)
        throw new UserError("BROWSER_TAB_UNKNOWN", "no page is open", { hint: "open a page first" });
      const page = pageOf(tab, {
        cdp: current.launched.cdp,
        clock,
        signal: given.signal,
        timeoutMs: given.timeoutMs ?? requestMs,
      });
      try {
        // A tab behind others is not drawn: its pictures never come, and it takes no clicks.
        await page.call("Page.bringToFront");
        return { value: await work(page), notes: takeNotes(tab) };
      } catch (error) {
        // A page that does not answer would not answer the next question either.
        if (codeOf(error) === "BROWSER_TIMEOUT" && !tab.closed) {
          await current.targets.close(tab, "it did not answer any more");
        }
        throw error;
      }
    });
  }

  /** The title as it is by now; the browser tells it later than the page has it. @returns status of the document, 0 for none. */
  async function refresh(page: Page): Promise<number> {
    try {
      const expression =
        "[document.title.slice(0, 500), performance.getEntriesByType('navigation')[0]?.responseStatus]";
      const [title, status] = (await evaluate(page, expression)) as [unknown, unknown];
      if (typeof title === "string") page.tab.title = title;
      return typeof status === "number" ? status : 0;
    } catch (error) {
      logger.debug("a page did not say what it is", { error: messageOf(error) });
      return 0;
    }
  }

  async function go(page: Page, url: string): Promise<TabInfo> {
    const { tab } = page;
    const address = parsePageUrl(url);
    tab.dialogs = 0;
    tab.popups = 0;
    const { proxy } = await start();
    proxy.refusalOf(address.host);
    const answer = await page.call("Page.navigate", { url: address.href });
    const failure = answer["errorText"];
    const refusal = proxy.refusalOf(address.host);
    if (refusal !== null) throw refusedPage(refusal, address.origin);
    if (typeof failure === "string" && failure !== "" && failure !== "net::ERR_ABORTED") {
      throw new UserError("BROWSER_URL", `${address.origin} cannot be opened: ${failure}`);
    }
    // It has begun when the browser says that it went there.
    if (!(await settle(page, loadMs, 0))) tab.notes.push("the page is still loading");
    const { host } = URL.canParse(tab.url) ? new URL(tab.url) : address;
    const led = host === address.host ? null : proxy.refusalOf(host);
    if (led !== null) throw refusedPage(`${address.origin} leads on: ${led}`, new URL(tab.url).origin);
    const status = await refresh(page);
    if (status >= 400) tab.notes.push(`the server answered with status ${status}`);
    return info(tab);
  }

  const status = (): BrowserStatus => ({
    running: running !== null,
    pid: running?.launched.pid ?? null,
    version: running?.launched.version ?? null,
    executable: findBrowser(settings().executablePath),
    headless: settings().headless,
    tabs: running?.targets.tabs.size ?? 0,
    memoryMb: running ? memoryOf(running.launched.pid) : null,
    startedAt: running?.startedAt ?? null,
  });

  return {
    status,
    async start() {
      await using(start);
      return status();
    },
    stop,
    tabs: (seat) => mine(seat).map(info),
    allTabs: () => [...(running?.targets.tabs.values() ?? [])].map(info),
    seatOf: (id) => [...(running?.targets.tabs.values() ?? [])].find((tab) => tab.id === id)?.seat ?? null,
    async open(seat, url, given = {}) {
      parsePageUrl(url);
      return await using(async () => {
        const current = await start();
        const tab = await current.openTab(seat);
        try {
          return await onTab(seat, { ...given, tab: tab.id }, (page) => go(page, url));
        } catch (error) {
          await current.targets.close(tab);
          throw error;
        }
      });
    },
    async navigate(seat, url, given = {}) {
      parsePageUrl(url);
      return await onTab(seat, given, (page) => go(page, url));
    },
    back: (seat, given = {}) =>
      onTab(seat, given, async (page) => {
        const history = await page.call("Page.getNavigationHistory");
        const entries = Array.isArray(history["entries"])
          ? (history["entries"] as Array<Record<string, unknown>>)
          : [];
        const before = entries[Number(history["currentIndex"]) - 1];
        if (!before || before["url"] === "about:blank")
          throw new UserError("BROWSER_URL", "there is no page before this one");
        await page.call("Page.navigateToHistoryEntry", { entryId: before["id"] });
        await settle(page, loadMs);
        await refresh(page);
        return info(page.tab);
      }),
    focus: (seat, id) =>
      using(() => {
        const tab = pick(seat, id);
        active.set(keyOf(seat), tab.id);
        return Promise.resolve(info(tab));
      }),
    close: (seat, id) =>
      using(async () => {
        const tab = pick(seat, id);
        const was = info(tab);
        await running?.targets.close(tab);
        return was;
      }),
    snapshot: (seat, given = {}) =>
      onTab(seat, given, async (page) => {
        const { text, cut } = renderAx(await readDocuments(page), {
          refOf: ({ place, backendId }) => refFor(page.tab, { place, backendId }),
          maxChars: given.maxChars ?? 20_000,
        });
        return { tab: info(page.tab), text, cut };
      }),
    act: (seat, act, given = {}) =>
      onTab(seat, { ...given, timeoutMs: actMs(act, given.timeoutMs) }, async (page) => {
        page.tab.acceptDialogs = given.acceptDialogs === true;
        page.tab.dialogs = 0;
        page.tab.popups = 0;
        try {
          await performAct(page, act);
        } finally {
          page.tab.acceptDialogs = false;
        }
        await running?.downloadsSettled();
        await refresh(page);
        return info(page.tab);
      }),
    screenshot: (seat, given = {}) =>
      onTab(seat, given, async (page) => {
        const format = given.format ?? "png";
        if (given.ref) await pointOf(page, { element: elementOf(page.tab, given.ref), ref: given.ref });
        const answer = await page.call("Page.captureScreenshot", {
          format,
          ...(format === "jpeg" ? { quality: 80 } : {}),
          ...(given.fullPage ? await wholePage(page) : {}),
        });
        return {
          tab: info(page.tab),
          bytes: Buffer.from(String(answer["data"]), "base64"),
          mimeType: `image/${format}`,
        };
      }),
    html: (seat, given = {}) =>
      onTab(seat, given, async (page) => {
        const max = Math.min(given.maxChars ?? maxHtmlChars, maxHtmlChars);
        const html = await evaluate(page, `(document.documentElement?.outerHTML ?? "").slice(0, ${max})`);
        return { tab: info(page.tab), html: typeof html === "string" ? html : "" };
      }),
    pdf: (seat, given = {}) =>
      onTab(seat, given, async (page) => {
        const answer = await page.call("Page.printToPDF", { printBackground: true });
        return { tab: info(page.tab), bytes: Buffer.from(String(answer["data"]), "base64") };
      }),
  };
}

/** Waiting is no silence of the page: it has its time on top. */
function actMs(act: PageAct, given = requestMs): number {
  return act.kind === "wait" ? Math.max(given, (act.ms ?? 0) + requestMs) : given;
}

function refusedPage(why: string, origin: string): UserError {
  const hint = why.includes("private")
    ? { hint: `the operator can allow it: openclaw config set browser.allowPrivateOrigins '["${origin}"]'` }
    : {};
  return new UserError("BROWSER_URL", why, hint);
}

/** A picture of more would be of no use to anybody, and large. */
const maxHeightPx = 8000;

async function wholePage(page: Page): Promise<Record<string, unknown>> {
  const { cssContentSize } = await page.call("Page.getLayoutMetrics");
  const { width, height } = (cssContentSize ?? {}) as { width?: number; height?: number };
  return {
    captureBeyondViewport: true,
    clip: {
      x: 0,
      y: 0,
      width: Math.min(width ?? 1280, 4000),
      height: Math.min(height ?? 800, maxHeightPx),
      scale: 1,
    },
  };
}
