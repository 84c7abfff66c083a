import { readFile } from "node:fs/promises";
import { uuid } from "../core/ids.ts";
import { UserError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { BrowserServices } from "../agent/tools/browser/contract.ts";
import type { Browser, BrowserControl, BrowserSettings, KeepDownload } from "../browser/index.ts";
import { defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import type { BrowserDoor } from "../gateway/browser-door.ts";
import type { ServerSettings } from "../gateway/index.ts";
import type { BrowserRequest } from "../gateway/methods/browser.ts";
import { openRootFs } from "../guard/index.ts";
import type { Paths } from "../state/paths.ts";
import { workspaceDir } from "./settings.ts";

/** The browser of this process; its code is loaded, and the program started, when somebody first asks. */
export interface BrowserParts extends BrowserServices {
  control(): Promise<BrowserControl>;
  /** Tells where the control service listens; null where it does not. */
  listens(port: number | null): void;
  stop(): Promise<void>;
}

const mb = 1_048_576;

function browserSettings({ browser }: OpenClawConfig): BrowserSettings {
  return {
    executablePath: browser.executablePath,
    headless: browser.headless,
    noSandbox: browser.noSandbox,
    allowPrivateOrigins: browser.allowPrivateOrigins,
    maxTabs: browser.maxTabs,
    idleMs: browser.idleMinutes * 60_000,
    maxMemoryMb: browser.maxMemoryMb,
    maxDownloadBytes: browser.maxDownloadMb * mb,
  };
}

export function createBrowserParts(deps: {
  config: () => OpenClawConfig;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  logger: Logger;
}): BrowserParts {
  const { config, paths, env, clock } = deps;
  const logger = deps.logger.child("browser");
  let listening: number | null = null;
  let made: Promise<{ browser: Browser; control: BrowserControl }> | null = null;
  const parts = () =>
    (made ??= import("../browser/index.ts").then(({ createBrowser, createBrowserControl }) => {
      const browser = createBrowser({
        settings: () => browserSettings(config()),
        cacheDir: paths.cacheDir,
        env,
        uid: process.getuid?.() ?? null,
        clock,
        logger,
        keepDownload: downloadsToWorkspace({ config, paths }),
      });
      return { browser, control: createBrowserControl(browser, () => listening) };
    }));
  return {
    browser: async () => (await parts()).browser,
    control: async () => (await parts()).control,
    listens: (port) => void (listening = port),
    async stop() {
      await (await made)?.browser.stop();
    },
  };
}

/** The browser as operators ask it; null where none may be used. */
export function askBrowser(
  browser: BrowserParts | null,
): ((request: BrowserRequest) => Promise<unknown>) | null {
  return browser && (async (request) => await (await browser.control()).request(request));
}

/** The control service on its port; null where no browser may be used or the port cannot be had. */
export async function openBrowserControl(options: {
  browser: BrowserParts | null;
  config: OpenClawConfig;
  settings: () => ServerSettings;
  clock: Clock;
  logger: Logger;
}): Promise<BrowserDoor | null> {
  const { config, settings, clock, logger } = options;
  const request = askBrowser(options.browser);
  const port = config.browser.controlPort;
  if (!request || port === undefined) return null;
  const { openBrowserDoor } = await import("../gateway/browser-door.ts");
  const door = await openBrowserDoor({ port, settings, request, clock, logger: logger.child("browser") });
  options.browser?.listens(door?.port ?? null);
  return door;
}

/** Into `downloads/` of the agent's workspace, where its file tools find it. Only the owner may put files there. */
function downloadsToWorkspace({
  config,
  paths,
}: {
  config: () => OpenClawConfig;
  paths: Paths;
}): KeepDownload {
  return async ({ seat, name, path }) => {
    if (!seat.owner) throw new UserError("BROWSER_DOWNLOAD", "only the owner's conversations keep downloads");
    const agentId = /^agent:([^:]+):/.exec(seat.session)?.[1] ?? defaultAgentId(config());
    const root = await openRootFs(workspaceDir(config(), paths, agentId), {
      denied: [paths.stateDir, paths.configPath],
    });
    // The name is the page's: a label at the end of a name of our own.
    const label = name
      .normalize("NFC")
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")
      .replace(/^[._]+/, "")
      .slice(-80);
    const place = `downloads/${uuid().slice(0, 8)}-${label || "file"}`;
    await root.write(place, await readFile(path), { mustNotExist: true });
    return place;
  };
}
