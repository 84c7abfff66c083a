import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { BrowserSeat, BrowserSettings, KeepDownload } from "./contract.ts";
import { createDownloads } from "./downloads.ts";
import { requireBrowser } from "./find.ts";
import { launchBrowser, memoryOf, type Launched } from "./launch.ts";
import { startFilterProxy, type FilterProxy } from "./proxy.ts";
import type { Tab } from "./tab.ts";
import { createTargets, type Targets } from "./targets.ts";

export interface BrowserOptions {
  settings: () => BrowserSettings;
  /** `cache/` of the state directory. */
  cacheDir: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Of this process; null where there are none. */
  uid: number | null;
  clock: Clock;
  logger: Logger;
  keepDownload: KeepDownload;
  /** Addresses of a name; default the system's resolver. */
  resolve?: (hostname: string) => Promise<string[]>;
}

/** One life of the program, with the proxy in front of it. */
export interface Running {
  launched: Launched;
  proxy: FilterProxy;
  targets: Targets;
  startedAt: number;
  openTab(seat: BrowserSeat): Promise<Tab>;
  downloadsSettled(): Promise<void>;
  stop(): Promise<void>;
}

const memoryEveryMs = 10_000;

/** @throws UserError BROWSER_NOT_FOUND, BROWSER_ROOT; OpenClawError BROWSER_START */
export async function startRunning(
  options: BrowserOptions,
  hooks: { onTabClosed: (tab: Tab) => void; onEnded: (running: Running) => void },
): Promise<Running> {
  const { clock, logger, settings } = options;
  const executable = requireBrowser(settings().executablePath);
  const proxy = await startFilterProxy({
    clock,
    logger,
    allowOrigins: () => settings().allowPrivateOrigins,
    ...(options.resolve ? { resolve: options.resolve } : {}),
  });
  const { headless, noSandbox } = settings();
  const launched = await launchBrowser({
    executable,
    headless,
    noSandbox,
    folder: join(options.cacheDir, "browser"),
    proxyPort: proxy.port,
    env: options.env,
    uid: options.uid,
    clock,
    logger,
  }).catch(async (error: unknown) => {
    await proxy.close();
    throw error;
  });
  const { cdp, downloadsDir } = launched;
  /** Cookies of their own for everybody but the owner. */
  const contexts = new Map<string, string>();
  const targets = createTargets({
    cdp,
    maxTabs: () => settings().maxTabs,
    logger,
    onClosed(tab) {
      hooks.onTabClosed(tab);
      const { contextId } = tab;
      if (contextId === null || [...targets.tabs.values()].some((other) => other.contextId === contextId))
        return;
      for (const [session, id] of contexts) if (id === contextId) contexts.delete(session);
      cdp
        .call("Target.disposeBrowserContext", { browserContextId: contextId })
        .catch((error: unknown) => logger.debug("a context was gone already", { error: String(error) }));
    },
  });
  const downloads = createDownloads({
    dir: downloadsDir,
    maxBytes: () => settings().maxDownloadBytes,
    keep: options.keepDownload,
    tabOf: (frameId) => targets.tabOfFrame(frameId),
    cancel: (guid, tab) =>
      void cdp
        .call("Browser.cancelDownload", { guid, ...contextParams(tab.contextId) })
        .catch((error: unknown) => logger.debug("a download had ended already", { error: String(error) })),
    logger,
  });
  cdp.onEvent((event) => {
    if (event.method.startsWith("Browser.download")) downloads.onEvent(event);
    else targets.onEvent(event);
  });
  const downloadsIn = (contextId: string | null) =>
    cdp.call("Browser.setDownloadBehavior", {
      behavior: "allowAndName",
      downloadPath: downloadsDir,
      eventsEnabled: true,
      ...contextParams(contextId),
    });
  await cdp.call("Target.setDiscoverTargets", { discover: true });
  await cdp.call("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
  await downloadsIn(null);

  async function contextOf(seat: BrowserSeat): Promise<string | null> {
    if (seat.owner) return null;
    const known = contexts.get(seat.session);
    if (known !== undefined) return known;
    const { browserContextId } = await cdp.call("Target.createBrowserContext", {
      disposeOnDetach: true,
      proxyServer: `http://127.0.0.1:${proxy.port}`,
      proxyBypassList: "<-loopback>",
    });
    const id = String(browserContextId);
    contexts.set(seat.session, id);
    await downloadsIn(id);
    return id;
  }

  let stopping: Promise<void> | null = null;
  const running: Running = {
    launched,
    proxy,
    targets,
    startedAt: clock.now(),
    async openTab(seat) {
      const { maxTabs } = settings();
      if (targets.tabs.size >= maxTabs) {
        throw new UserError(
          "BROWSER_LIMIT",
          `there are ${targets.tabs.size} tabs open, and ${maxTabs} are allowed`,
          {
            hint: "close one, or: openclaw config set browser.maxTabs 20",
          },
        );
      }
      const contextId = await contextOf(seat);
      const { targetId } = await cdp.call("Target.createTarget", {
        url: "about:blank",
        ...contextParams(contextId),
      });
      return await targets.made(String(targetId), { seat, contextId });
    },
    downloadsSettled: () => downloads.settled(),
    stop() {
      stopping ??= (async () => {
        await launched.stop();
        await downloads.settled();
      })();
      return stopping;
    },
  };
  let cancelWatch = watchMemory();
  function watchMemory(): () => void {
    return clock.after(memoryEveryMs, () => {
      const mb = targets.tabs.size === 0 ? null : memoryOf(launched.pid);
      const limit = settings().maxMemoryMb;
      if (mb !== null && mb > limit) {
        logger.warn("the browser was closed: it took too much memory", { mb, limit });
        void running.stop();
      } else cancelWatch = watchMemory();
    });
  }
  launched.ended
    .then(async () => {
      cancelWatch();
      cdp.close();
      hooks.onEnded(running);
      await proxy.close();
    })
    .catch((error: unknown) =>
      logger.error("the browser's end could not be handled", { error: String(error) }),
    );
  return running;
}

function contextParams(contextId: string | null): Record<string, string> {
  return contextId === null ? {} : { browserContextId: contextId };
}

/** What is told when the browser went away under a request. */
export function browserGone(): OpenClawError {
  return new OpenClawError("BROWSER_GONE", "the browser is not running any more", {
    retryable: true,
    hint: "open the page again",
  });
}
