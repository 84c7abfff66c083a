// The page in a real browser against the real server, ledger and lanes, with a scripted agent.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { createHealth } from "../../src/gateway/health.ts";
import { createHttpApiRoutes } from "../../src/gateway/http-api/index.ts";
import { createGatewayServer, loadStaticManifest, type GatewayServer } from "../../src/gateway/index.ts";
import { createServiceMethods, startEventRelays } from "../../src/gateway/methods/index.ts";
import { createTestServices } from "../support/gateway-services.ts";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const token = "0123456789abcdef".repeat(4);

describe.skipIf(browserPath === undefined)("the page", () => {
  let harness: Awaited<ReturnType<typeof createTestServices>>;
  let server: GatewayServer;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    harness = await createTestServices();
    const { services } = harness;
    server = createGatewayServer({
      version: services.version,
      startedAt: services.startedAt,
      paths: services.paths,
      settings: () => ({
        bind: "loopback",
        port: 0,
        auth: { mode: "token", token: new Secret(token), password: null },
        tls: null,
        trustedProxies: [],
        allowedOrigins: [],
        allowedHosts: [],
        controlUi: {
          enabled: true,
          basePath: "",
          allowInsecureAuth: false,
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
      sessionDefaults: () => ({ defaultAgentId: "main", mainKey: "main", mainSessionKey: "agent:main:main" }),
      ui: loadStaticManifest(fileURLToPath(new URL("../../dist/ui", import.meta.url))),
      clock: services.clock,
      logger: services.logger,
    });
    const { port } = await server.listen();
    origin = `http://127.0.0.1:${port}`;
    browser = await chromium.launch({
      executablePath: browserPath ?? "",
      headless: true,
      args: ["--no-sandbox", "--disable-gpu"],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close({ reason: "gateway stopping", restartExpectedMs: null });
    await harness.close();
  });

  async function open(
    path: string,
    options: Parameters<Browser["newPage"]>[0] = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage(options);
    const problems: string[] = [];
    page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${origin}${path}`);
    return { page, problems };
  }

  it("shows what is the matter in the words of every other surface", async () => {
    harness.services.safeMode = () => ({ by: "flag", reason: "asked for <b>so</b>", since: Date.now() });
    const { page, problems } = await open(`/?token=${token}`);
    await page.getByRole("link", { name: "Safe mode: channels, plugins and automation are off" }).click();
    await page.getByText("asked for <b>so</b>").waitFor();
    await page.getByText("openclaw status --all").waitFor();
    await page.getByText("2026.1.2").waitFor();
    await page.getByText("test/scripted").first().waitFor();
    expect(problems).toEqual([]);
    delete harness.services.safeMode;
    await page.close();
  }, 30_000);

  it("connects with the token of its address, shows status, chats and decides approvals", async () => {
    const { page, problems } = await open(`/?token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    expect(page.url()).not.toContain("token");

    const gate = Promise.withResolvers<void>();
    harness.agent.script = async (_lease, hooks) => {
      hooks.emit({
        type: "tool_started",
        callId: "t1",
        name: "memory_search",
        input: { query: "deploy host" },
      });
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: "memory_search",
        isError: false,
        content: [{ type: "text", text: "ash-3" }],
        durationMs: 4,
      });
      const text =
        "Your deploy host is **ash-3**.\n\n- one\n- two\n\n```sh\nssh ash-3\n```\n<img src=x onerror=alert(1)>";
      hooks.emit({ type: "text", text, delta: text });
      await gate.promise;
      return { payloads: [{ text, mediaUrl: null }] };
    };
    await page.getByRole("textbox", { name: "Message" }).fill("what do you know about <b>deploy host</b>?");
    await page.keyboard.press("Enter");
    await page.locator(".tool.done").waitFor();
    await page.locator(".turn strong", { hasText: "ash-3" }).waitFor();
    expect(await page.locator(".turn img").count()).toBe(0);
    await page.locator(".tool summary").click();
    await page.locator(".tool pre", { hasText: /^ash-3$/ }).waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    const approval = harness.services.approvals.request(
      {
        id: "ap-1",
        command: "rm -rf ./build",
        cwd: "/work",
        host: "gateway",
        security: null,
        ask: null,
        agentId: "main",
        resolvedPath: null,
        sessionKey: "agent:main:main",
      },
      60_000,
    );
    await page.getByText("rm -rf ./build").waitFor();
    await approval;
    const shot = process.env["OPENCLAW_SHOT"];
    if (shot !== undefined) await page.screenshot({ path: shot });
    await page.getByRole("button", { name: "Deny" }).click();
    await expect.poll(() => harness.services.approvals.get("ap-1")?.decision).toBe("deny");
    await page.locator(".approval").waitFor({ state: "detached" });
    gate.resolve();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    expect(await page.locator(".turn.user").innerText()).toContain("<b>deploy host</b>");
    expect(problems).toEqual([]);
    await page.close();
  }, 30_000);

  it("stops an answer with Escape and starts a new session", async () => {
    const { page } = await open(`/?token=${token}`, {
      viewport: { width: 390, height: 780 },
      colorScheme: "dark",
    });
    await page.locator(".link[data-state=connected]").waitFor();
    harness.agent.script = (_lease, hooks) => {
      hooks.emit({ type: "text", text: "thinking", delta: "thinking" });
      return new Promise((resolve) => hooks.signal.addEventListener("abort", () => resolve({})));
    };
    await page.getByRole("textbox", { name: "Message" }).fill("long");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    const shot = process.env["OPENCLAW_SHOT"];
    if (shot !== undefined) await page.screenshot({ path: shot.replace(".png", "-phone.png") });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Conversations" }).click();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByText("What can I do for you?").waitFor();
    await page.close();
  }, 30_000);

  it("says what to do when the token is wrong or missing", async () => {
    const { page } = await open("/?token=wrong");
    await page.getByText("unauthorized").waitFor();
    await page.getByText("openclaw dashboard").waitFor();
    await page.getByLabel("Gateway token or password").fill(token);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator(".link[data-state=connected]").waitFor();
    await page.close();
  }, 30_000);
});
