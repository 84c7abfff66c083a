// What strangers can put before the page: words, names, links, addresses, other pages.
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { listen } from "../support/front-proxy.ts";
import { browserPath, startUi, token, type UiHarness } from "./harness.ts";

const script = "<img src=x onerror=\"globalThis.owned='yes'\"><script>globalThis.owned='yes'</script>";
const hostile = [
  script,
  "![seen](https://tracker.invalid/pixel.png) ![x](//tracker.invalid/y.png)",
  "[click](javascript:globalThis.owned='yes') [data](data:text/html,<script>globalThis.owned='yes'</script>)",
  "[file](file:///etc/passwd) <https://tracker.invalid/auto> https://tracker.invalid/bare",
  '<iframe src="https://tracker.invalid/frame"></iframe><svg onload="globalThis.owned=\'yes\'"></svg>',
  "[ref]\n\n[ref]: javascript:globalThis.owned='yes' \"t\"",
  `\`\`\`"><img src=x onerror=globalThis.owned='yes'>\n${script}\n\`\`\``,
  `| <b>a</b> | ${script} |\n|---|---|\n| \`${script}\` | [x](vbscript:x) |`,
].join("\n\n");
const owned = (page: Page) => page.evaluate(() => (globalThis as { owned?: string }).owned ?? null);

describe.skipIf(browserPath === undefined)("the page before hostile words and pages", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi({
      config: JSON.stringify({
        agents: { list: [{ id: "main", default: true, identity: { name: script } }] },
      }),
    });
  }, 60_000);
  afterAll(() => ui.close());

  it("is served under a policy without inline or eval, for no frame and no other site", async () => {
    const response = await fetch(`${ui.origin}/chat`);
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    const { page } = await ui.open(`/chat?token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    const refused = await page.evaluate(() => {
      const element = document.createElement("script");
      element.textContent = "globalThis.owned = 'yes'";
      document.body.append(element);
      document.body.insertAdjacentHTML("beforeend", "<b onclick=\"globalThis.owned='yes'\" id=trap>x</b>");
      document.getElementById("trap")?.click();
      // In a task of its own: what the debugger runs itself may.
      return new Promise<string>((resolve) =>
        setTimeout(() => {
          try {
            const made = Reflect.construct(Function, ["return 1"]) as () => number;
            resolve(String(made()));
          } catch (error) {
            resolve((error as Error).name);
          }
        }),
      );
    });
    expect(refused).toBe("EvalError");
    expect(await owned(page)).toBeNull();
    await page.close();
  }, 30_000);

  it("draws the words of models, tools, people and names as text and asks no other server for anything", async () => {
    const { sessions } = ui.harness.services;
    await sessions.ensure("agent:main:evil", "main");
    await sessions.patch("agent:main:evil", { label: "<img src=x onerror=\"owned='yes'\"><i>label</i>" });
    ui.harness.agent.script = (_lease, hooks) => {
      hooks.emit({ type: "thinking", text: hostile, delta: hostile });
      hooks.emit({ type: "tool_started", callId: "t1", name: script, input: { path: script } });
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: script,
        isError: true,
        content: [{ type: "text", text: hostile }],
        durationMs: 1,
      });
      return { payloads: [{ text: hostile, mediaUrl: null }] };
    };
    const asked: string[] = [];
    const page = await ui.browser.newPage();
    page.on("request", (request) => asked.push(request.url()));
    page.on("dialog", (dialog) => {
      asked.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${ui.origin}/chat?session=agent:main:evil&token=${token}`);
    await page.locator(".session-list", { hasText: "label" }).waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill(hostile);
    await page.keyboard.press("Enter");
    await page.locator(".turn.assistant:not([aria-busy])", { hasText: "seen" }).waitFor();
    // Whatever stands there is text, or a link a person may follow.
    expect(
      await page
        .locator(".turn :is(img, iframe, script, svg, object, embed, video):not(footer > .edit-button > svg)")
        .count(),
    ).toBe(0);
    const targets = await page
      .locator(".turn a")
      .evaluateAll((links) => links.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]));
    expect(targets.length).toBeGreaterThan(1);
    for (const [href, rel] of targets) {
      expect(href).toMatch(/^https:\/\/tracker\.invalid\//);
      expect(rel).toContain("noopener");
    }
    for (const name of ["sessions", "agents", "overview"]) {
      await page.goto(`${ui.origin}/${name}`);
      await page.locator(`main[data-page=${name}] h1`).waitFor();
    }
    expect(await owned(page)).toBeNull();
    // A picture that the page holds itself is not a request to anybody.
    expect(asked.filter((url) => new URL(url).origin !== ui.origin && !url.startsWith("data:"))).toEqual([]);
    await page.close();
  }, 60_000);

  it("keeps the secret out of addresses and long storage, and goes to no gateway an address names", async () => {
    const sockets: string[] = [];
    const page = await ui.browser.newPage();
    page.on("websocket", (socket) => sockets.push(socket.url()));
    const elsewhere = encodeURIComponent("wss://evil.invalid/");
    await page.goto(`${ui.origin}/chat?gatewayUrl=${elsewhere}&token=${token}#gatewayUrl=${elsewhere}`);
    await page.locator(".link[data-state=connected]").waitFor();
    expect(page.url()).not.toContain(token);
    expect(sockets.map((url) => new URL(url).host)).toEqual([new URL(ui.origin).host]);
    const kept = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)) + document.cookie);
    expect(kept).not.toContain(token);
    expect(kept).not.toContain("evil.invalid");
    await page.reload();
    await page.locator(".link[data-state=connected]").waitFor();
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain(token);
    await page.close();
  }, 30_000);

  it("is shown in no frame, and its socket opens for no page of another site", async () => {
    const site = await listen(
      createServer((_request, response) =>
        response
          .setHeader("content-type", "text/html")
          .end(`<!doctype html><title>elsewhere</title><iframe src="${ui.origin}/chat"></iframe>`),
      ),
    );
    const page = await ui.browser.newPage();
    const refusals: string[] = [];
    page.on("console", (line) => refusals.push(line.text()));
    await page.goto(`http://127.0.0.1:${site.port}/`);
    await expect.poll(() => refusals.join("\n")).toMatch(/frame-ancestors|X-Frame-Options/);
    const outcome = await page.evaluate(
      ([url, secret]) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.addEventListener("open", () =>
            socket.send(
              JSON.stringify({
                type: "req",
                id: "1",
                method: "connect",
                params: {
                  minProtocol: 3,
                  maxProtocol: 3,
                  client: { id: "openclaw-control-ui", version: "1", platform: "web", mode: "webchat" },
                  role: "operator",
                  scopes: ["operator.admin"],
                  auth: { token: secret },
                },
              }),
            ),
          );
          socket.addEventListener("message", ({ data }) => {
            if (String(data).includes('"res"')) resolve(String(data));
          });
          socket.addEventListener("close", ({ reason }) => resolve(reason));
        }),
      [ui.origin.replace("http", "ws"), token] as const,
    );
    expect(outcome).toContain("origin not allowed");
    expect(outcome).not.toContain("hello-ok");
    await page.close();
    await site[Symbol.asyncDispose]();
  }, 30_000);
});
