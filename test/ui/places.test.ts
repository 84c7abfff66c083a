// Where the page is served from: below a path, behind a proxy that takes the path away, and from another machine without HTTPS.
import { networkInterfaces } from "node:os";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { listen, type Front } from "../support/front-proxy.ts";
import { browserPath, startUi, token, type UiHarness } from "./harness.ts";

const connected = (page: Page) => page.locator(".link[data-state=connected]").waitFor();
/** An address of this machine that is not the machine itself to a browser. */
const lanAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;

let ui: UiHarness | null = null;
afterEach(async () => {
  await ui?.close();
  ui = null;
});

/** Every page of the navigation opens by its address, and by a press, and none asks for anything outside `prefix`. */
async function walk(harness: UiHarness, base: string, prefix: string): Promise<void> {
  const page = await harness.browser.newPage();
  const outside: string[] = [];
  page.on("request", (asked) => {
    const { pathname } = new URL(asked.url());
    if (!asked.url().startsWith("data:") && !`${pathname}/`.startsWith(prefix)) outside.push(pathname);
  });
  await page.goto(`${base}?token=${token}`);
  await connected(page);
  await page.getByRole("textbox", { name: "Message" }).fill("hi");
  await page.keyboard.press("Enter");
  await page.locator(".turn.assistant", { hasText: "hello" }).waitFor();
  await page.getByRole("link", { name: "Logs" }).click();
  await page.locator("main[data-page=logs]").waitFor();
  expect(new URL(page.url()).pathname).toBe(`${prefix}logs`);
  await page.reload();
  await connected(page);
  await page.locator("main[data-page=logs]").waitFor();
  expect(outside).toEqual([]);
  await page.close();
}

/** A proxy that serves the gateway below a path the gateway knows nothing of. */
function stripping(prefix: string, target: number): Promise<Front> {
  const inner = (url = "/") => url.slice(prefix.length - 1);
  const server = createServer((from, to) => {
    if (!from.url?.startsWith(prefix)) {
      to.writeHead(404).end();
      return;
    }
    const onward = request({
      port: target,
      path: inner(from.url),
      method: from.method,
      headers: from.headers,
    });
    onward.on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    from.pipe(onward);
  });
  server.on("upgrade", (from, socket) => {
    const onward = connect(target, "127.0.0.1", () => {
      const headers = Object.entries(from.headers).map(([name, value]) => `${name}: ${String(value)}`);
      onward.write(`GET ${inner(from.url)} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
  });
  return listen(server);
}

describe.skipIf(browserPath === undefined)("the page in other places", () => {
  it("works below gateway.controlUi.basePath", async () => {
    ui = await startUi({ basePath: "/deep/openclaw" });
    await walk(ui, `${ui.origin}/deep/openclaw`, "/deep/openclaw/");
  }, 60_000);

  it("works behind a proxy that takes a path away", async () => {
    ui = await startUi();
    const proxy = await stripping("/assistant/", Number(new URL(ui.origin).port));
    await walk(ui, `http://127.0.0.1:${proxy.port}/assistant/`, "/assistant/");
    await proxy[Symbol.asyncDispose]();
  }, 60_000);

  it.skipIf(lanAddress === undefined)(
    "explains what to do on plain HTTP from another machine, and works once that is allowed",
    async () => {
      let allowed = false;
      ui = await startUi({ bind: "lan", allowInsecureAuth: () => allowed });
      const page = await ui.browser.newPage();
      await page.goto(`http://${lanAddress}:${new URL(ui.origin).port}/?token=${token}`);
      const why = page.getByRole("alert");
      await why.getByText("Browsers give a page the keys").waitFor();
      await why.getByText(/ssh -N -L (\d+):127\.0\.0\.1:\1 /).waitFor();
      await why.getByText("openclaw config set gateway.controlUi.allowInsecureAuth true").waitFor();
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      allowed = true;
      await page.getByLabel(/token or password/).fill(token);
      await page.getByRole("button", { name: "Connect" }).click();
      await connected(page);
      await page.getByRole("textbox", { name: "Message" }).fill("hi");
      await page.keyboard.press("Enter");
      await page.locator(".turn.assistant", { hasText: "hello" }).waitFor();
      await page.close();
    },
    60_000,
  );
});
