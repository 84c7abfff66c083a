import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { Secret } from "../../src/core/secret.ts";
import type { Connection } from "../../src/gateway/contract.ts";
import { createHealth } from "../../src/gateway/health.ts";
import { createHttpApiRoutes } from "../../src/gateway/http-api/index.ts";
import { createGatewayServer, loadStaticManifest } from "../../src/gateway/index.ts";
import { createServiceMethods, startEventRelays } from "../../src/gateway/methods/index.ts";
import { createTestServices } from "../support/gateway-services.ts";

/** Debian's Chromium; tests of the page are skipped, and counted as such, where it is missing. */
export const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
export const token = "0123456789abcdef".repeat(4);

export interface UiHarness {
  harness: Awaited<ReturnType<typeof createTestServices>>;
  origin: string;
  browser: Browser;
  /** Who is connected to the server now. */
  connections: () => Connection[];
  /** A page of its own, and what its console complained about. */
  open: (
    path: string,
    options?: Parameters<Browser["newPage"]>[0],
  ) => Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

interface AxeResult {
  violations: Array<{ id: string; impact: string; nodes: Array<{ html: string; failureSummary: string }> }>;
}

/** What axe finds wrong for people who use a keyboard or a screen reader, in light and in dark: empty when all is well. */
export async function axeProblems(
  page: Page,
  schemes: ReadonlyArray<"light" | "dark"> = ["light", "dark"],
): Promise<string[]> {
  const source = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
  const found = new Set<string>();
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Not as a script of the page: its policy lets none in.
    await page.evaluate(source);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run(),
    );
    for (const { id, nodes } of violations)
      for (const { html, failureSummary } of nodes)
        found.add(`${colorScheme}: ${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`);
  }
  return [...found];
}

/** A browser that asks nobody but the pages it opens. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath ?? "",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      "--no-proxy-server",
      "--enable-precise-memory-info",
      // A microphone that beeps, for pages that were granted one.
      "--use-fake-device-for-media-stream",
    ],
  });
}

/** The built page in a real browser against the real server, ledger and lanes, with a scripted agent. */
export async function startUi(
  options: {
    basePath?: string;
    /** `lan` listens on every address of this machine. */
    bind?: "loopback" | "lan";
    /** Read at every login. */
    allowInsecureAuth?: () => boolean;
    config?: string;
    prepare?: (harness: UiHarness["harness"]) => void;
  } = {},
): Promise<UiHarness> {
  const harness = await createTestServices(options.config === undefined ? {} : { config: options.config });
  options.prepare?.(harness);
  const { services } = harness;
  const server = createGatewayServer({
    version: services.version,
    startedAt: services.startedAt,
    paths: services.paths,
    settings: () => ({
      bind: options.bind ?? "loopback",
      port: 0,
      auth: { mode: "token", token: new Secret(token), password: null },
      tls: null,
      trustedProxies: [],
      allowedOrigins: [],
      allowedHosts: [],
      controlUi: {
        enabled: true,
        basePath: options.basePath ?? "",
        allowInsecureAuth: options.allowInsecureAuth?.() ?? false,
        dangerouslyDisableDeviceAuth: false,
      },
      nodes: { allowCommands: [], denyCommands: [] },
    }),
    parts: (handle) => {
      services.broadcaster = handle.broadcaster;
      const health = createHealth(services);
      startEventRelays(services);
      return {
        methods: createServiceMethods(services, health),
        routes: createHttpApiRoutes(services),
        health,
      };
    },
    systemEvents: services.systemEvents,
    sessionDefaults: () => ({ defaultAgentId: "main", mainKey: "main", mainSessionKey: "agent:main:main" }),
    ui: loadStaticManifest(fileURLToPath(new URL("../../dist/ui", import.meta.url))),
    clock: services.clock,
    logger: services.logger,
  });
  const { port } = await server.listen();
  const origin = `http://127.0.0.1:${port}`;
  const browser = await launchBrowser();
  return {
    harness,
    origin,
    browser,
    connections: () => [...services.broadcaster.connections()],
    async open(path, pageOptions = {}) {
      const page = await browser.newPage(pageOptions);
      const problems: string[] = [];
      page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${origin}${path}`);
      return { page, problems };
    },
    async close() {
      await browser.close();
      await server.close({ reason: "gateway stopping", restartExpectedMs: null });
      await harness.close();
    },
  };
}
