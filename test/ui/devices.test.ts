// Devices and nodes on the page, with the real gateway and a real node host as processes.
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProxy } from "../support/front-proxy.ts";
import {
  baseConfig,
  createHome,
  e2eToken,
  until,
  type E2eHome,
  type Gateway,
  type Running,
} from "../support/e2e-home.ts";
import { axeProblems, browserPath, launchBrowser } from "./harness.ts";

describe.skipIf(browserPath === undefined)("devices and nodes", () => {
  let gatewayHome: E2eHome;
  let nodeHome: E2eHome;
  let gateway: Gateway;
  let node: Running;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    gatewayHome = createHome({ config: baseConfig });
    nodeHome = createHome({ config: { gateway: { mode: "remote" } } });
    gateway = await gatewayHome.gateway();
    mkdirSync(join(nodeHome.dir, "shared"));
    node = nodeHome.spawn(
      [
        "node",
        "run",
        "--url",
        gateway.url,
        "--display-name",
        "workshop",
        "--share",
        join(nodeHome.dir, "shared"),
      ],
      { env: { OPENCLAW_GATEWAY_TOKEN: e2eToken } },
    );
    await until(() => node.stdout().includes("Connected to"), { or: node, what: "the node to connect" });
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "en-US" });
    page.setDefaultTimeout(20_000);
    await page.goto(`${gateway.http}/devices?token=${e2eToken}`);
    await page.getByRole("heading", { name: "Devices and nodes" }).waitFor();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await nodeHome[Symbol.asyncDispose]();
    await gatewayHome[Symbol.asyncDispose]();
  });
  const said = (text: string | RegExp) => page.getByText(text).first().waitFor();

  it("a device is called something else, and its rights are said in words", async () => {
    const row = page.getByRole("row", { name: /openclaw-control-ui/ }).last();
    await row.getByText("change everything").waitFor();
    await row.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("this very browser");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await page.getByRole("row", { name: /this very browser/ }).waitFor();
    expect(await axeProblems(page)).toEqual([]);
  }, 30_000);

  it("a six-digit code signs another browser in, once", async () => {
    await page.getByRole("button", { name: "Sign in another browser" }).click();
    const code = await page.getByRole("dialog").locator("output").textContent();
    expect(code).toMatch(/^\d{6}$/);
    expect(await axeProblems(page, ["light"])).toEqual([]);
    await page.keyboard.press("Escape");
    const made = await gatewayHome.cli(["devices", "list"]);
    expect(made.stdout).toContain("this very browser");
    const other = await browser.newContext({ locale: "en-US" });
    const second = await other.newPage();
    await second.goto(`${gateway.http}/devices`);
    await second
      .getByLabel(/code/i)
      .first()
      .fill(code ?? "");
    await second.keyboard.press("Enter");
    await second.getByRole("heading", { name: "Devices and nodes" }).waitFor();
    await other.close();
    // It stands in the list of the first without being asked for.
    await until(async () => (await page.getByRole("row").count()) >= 4, { what: "the other browser's row" });
  }, 30_000);

  it("a request arrives by itself and is answered; removing asks first", async () => {
    await using front = await startProxy(gateway.port, {
      headers: (headers) => ({ ...headers, "x-forwarded-for": "203.0.113.9" }),
    });
    await using away = createHome({ config: { gateway: { mode: "remote" } } });
    const attic = away.spawn(
      ["node", "run", "--url", `ws://127.0.0.1:${front.port}`, "--display-name", "attic"],
      { env: { OPENCLAW_GATEWAY_TOKEN: e2eToken } },
    );
    await said("wants to come in as node");
    await page.getByRole("button", { name: "Approve" }).click();
    await until(() => attic.stdout().includes("Connected to"), { or: attic, what: "the approved node" });
    const row = page.getByRole("row", { name: /attic/ });
    await row.getByRole("button", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove" });
    await dialog.getByText(/forgotten with all its tokens/).waitFor();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await row.waitFor({ state: "detached" });
    await until(() => /devices approve/.test(attic.stdout()), { or: attic, what: "it to be put out" });
    attic.signal("SIGTERM");
    await attic.ended;
  }, 40_000);

  it("a node: a command under its rules, asked about where it was typed", async () => {
    await page.getByRole("link", { name: "workshop" }).click();
    await page.getByRole("heading", { name: "workshop" }).waitFor();
    await page.getByRole("textbox", { name: "Run a command" }).fill("pwd && echo from-there");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await said("The node's rules want a person's word.");
    await page.getByRole("button", { name: "Allow once" }).click();
    await said("exit status 0");
    expect(await page.locator("pre.output").last().textContent()).toBe(
      `${realpathSync(nodeHome.dir)}\nfrom-there\n`,
    );
    expect(await axeProblems(page)).toEqual([]);
  }, 30_000);

  it("its rules are set over there, and commands are taken from all nodes", async () => {
    await page.getByRole("textbox", { name: "Path of a program" }).fill(realpathSync("/bin/uname"));
    await page.getByRole("button", { name: "Allow", exact: true }).click();
    await said(realpathSync("/bin/uname"));
    await page.getByRole("textbox", { name: "Run a command" }).fill("uname -s");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator("pre.output", { hasText: "Linux" }).waitFor();
    await page.getByRole("checkbox", { name: "system.which" }).uncheck();
    await said("denied by you");
    const params = ["--params", '{"bins":[]}'];
    const invoke = () => gatewayHome.cli(["nodes", "invoke", "workshop", "system.which", ...params]);
    await until(async () => (await invoke()).stderr.includes("not allowed"), {
      what: "the refusal",
      timeoutMs: 25_000,
    });
    await page.getByRole("checkbox", { name: "system.which" }).check();
    await until(async () => (await invoke()).status === 0, {
      what: "it to be allowed again",
      timeoutMs: 25_000,
    });
  }, 60_000);
});
