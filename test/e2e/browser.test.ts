// The agent's browser from outside: the real gateway, a real Chromium, a model double that drives it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider } from "../fakes/providers/server.ts";
import { startFakeSearch, type FakeSearch } from "../fakes/search/server.ts";
import { hasChromium } from "../support/browser-bench.ts";
import {
  baseConfig,
  createHome,
  e2eToken,
  until,
  type E2eHome,
  type Gateway,
  fakeModels,
} from "../support/e2e-home.ts";

let provider: FakeProvider;
let search: FakeSearch;
let site: Server;
let home: E2eHome;
let gateway: Gateway;
let origin: string;

beforeAll(async () => {
  provider = await startFakeProvider({ wire: "anthropic-messages" });
  search = await startFakeSearch();
  site = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (request.url === "/list.csv") {
      response.setHeader("content-disposition", "attachment; filename=list.csv");
      return void response.end("a,b");
    }
    response.end(`<!doctype html><title>Shop</title><h1>Coffee</h1><button onclick="this.textContent='Ordered'">Order</button>
      <a href="/list.csv">List</a>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  home = createHome({
    config: {
      ...baseConfig,
      models: fakeModels(provider, { input: ["text", "image"] }),
      agents: { defaults: { model: "fake/fake-model" } },
      browser: { enabled: true, noSandbox: process.getuid?.() === 0, allowPrivateOrigins: [origin] },
      tools: { web: { search: { provider: "searxng", baseUrl: search.origin } } },
    },
  });
  gateway = await home.gateway();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
  await search[Symbol.asyncDispose]();
  await provider.stop();
});

let runs = 0;
/** Lets the model call tools one after the other, and brings what it was told after each. */
async function toldAfter(calls: Array<(told: string) => { name: string; input: object }>): Promise<string[]> {
  const run = ++runs;
  const told: string[] = [];
  provider.setScript((request) => {
    const messages = request.body?.["messages"] as Array<{ content: unknown }>;
    const last = JSON.stringify(messages.at(-1)?.content);
    if (last.includes("tool_result")) told.push(last);
    const next = calls[told.length];
    if (!next) return { text: "done" };
    return { toolCalls: [{ id: `toolu_${run}_${told.length}`, ...next(told.at(-1) ?? "") }] };
  });
  const { status, stderr } = await home.cli(["agent", "--message", "go"], {
    env: { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: e2eToken },
  });
  expect(status, stderr).toBe(0);
  return told;
}
const cli = (...argv: string[]) =>
  home.cli(["browser", ...argv], {
    env: { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: e2eToken },
  });
const refOf = (told: string, text: string) =>
  new RegExp(`${text}[^\\n]*?\\[(e\\d+)\\]`).exec(told)?.[1] ?? "none";

describe.skipIf(!hasChromium)("the browser tool (skipped where /usr/bin/chromium is missing)", () => {
  test("opens, clicks, shows and saves for the agent; the operator sees the tab, in the CLI and on the control port", async () => {
    const told = await toldAfter([
      () => ({ name: "browser", input: { action: "open", url: origin } }),
      (before) => ({ name: "browser", input: { action: "click", ref: refOf(before, "Order") } }),
      (before) => ({ name: "browser", input: { action: "click", ref: refOf(before, "List") } }),
      () => ({ name: "browser", input: { action: "wait", ms: 300 } }),
      () => ({ name: "browser", input: { action: "screenshot" } }),
      () => ({ name: "browser", input: { action: "text" } }),
      () => ({ name: "browser", input: { action: "open", url: gateway.http } }),
    ]);
    expect(told[0]).toMatch(/<untrusted-[0-9a-f]+ origin=.*title: Shop.*heading \\\\?"Coffee/s);
    expect(told[1]).toContain("Ordered");
    expect(told.join()).toMatch(/downloads\/[0-9a-f]{8}-list\.csv/);
    expect(told[4]).toContain('"type":"image"');
    expect(told[5]).toContain("# Coffee");
    expect(told[6]).toContain("private or special address");
    const downloads = join(home.stateDir, "workspace", "downloads");
    expect(readdirSync(downloads).map((name) => readFileSync(join(downloads, name), "utf8"))).toEqual([
      "a,b",
    ]);

    const tabs = JSON.parse((await cli("tabs", "--json")).stdout) as {
      tabs: Array<{ id: string; session: string }>;
    };
    expect(tabs.tabs).toMatchObject([{ session: "agent:main:main", url: `${origin}/`, title: "Shop" }]);
    const shown = await cli("snapshot", "--tab", tabs.tabs[0]?.id ?? "");
    expect(shown.stdout).toContain('- heading "Coffee" level=1');
    const picture = join(home.dir, "page.png");
    expect((await cli("screenshot", "--out", picture, "--tab", tabs.tabs[0]?.id ?? "")).status).toBe(0);
    expect(readFileSync(picture).subarray(1, 4).toString()).toBe("PNG");

    const control = `http://127.0.0.1:${gateway.port + 2}`;
    expect((await fetch(control)).status).toBe(401);
    const answer = await fetch(control, { headers: { authorization: `Bearer ${e2eToken}` } });
    expect(await answer.json()).toMatchObject({ running: true, tabs: 1 });
  });

  test("says what is wrong: addresses, tabs, and a browser that is off", async () => {
    expect(await cli("open", "file:///etc/passwd")).toMatchObject({ status: 1, stdout: "" });
    expect((await cli("open", gateway.http)).stderr).toContain("browser.allowPrivateOrigins");
    expect((await cli("close", "t99")).stderr).toContain('there is no tab "t99"');
    expect((await cli("status")).stdout).toContain(`127.0.0.1:${gateway.port + 2}`);
  });

  test("ends with a gateway that is killed", async () => {
    const { pid } = JSON.parse((await cli("status", "--json")).stdout) as { pid: number };
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    gateway.signal("SIGKILL");
    await gateway.ended;
    await until(() => !existsSync(`/proc/${pid}`), { what: "the browser to end" });
    gateway = await home.gateway();
  });
});

test("web_search asks the configured server; who may not be asked is not offered", async () => {
  search.pages = [{ title: "Beans", url: "https://beans.example/", text: "All about beans." }];
  const told = await toldAfter([() => ({ name: "web_search", input: { query: "beans" } })]);
  expect(told[0]).toMatch(/1\. Beans.*https:\/\/beans\.example\//s);
  expect(search.asked).toEqual(["GET /search?q=beans&format=json"]);
  const offered = () => JSON.stringify(provider.requests.at(-1)?.body?.["tools"]);
  expect(offered()).toContain('"web_search"');
  await home.cli(["config", "unset", "tools.web.search.baseUrl"]);
  await until(async () => {
    await toldAfter([]);
    return !offered().includes('"web_search"');
  });
});
