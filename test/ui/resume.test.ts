// A page whose gateway dies in the middle of an answer, a network that goes away, and two tabs of one conversation.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { startFakeProvider, type FakeProvider } from "../fakes/providers/server.ts";
import { baseConfig, createHome, e2eToken, type E2eHome } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";
import { browserPath, launchBrowser, startUi, token, type UiHarness } from "./harness.ts";

const connected = (page: Page) => page.locator(".link[data-state=connected]").waitFor();
const say = async (page: Page, text: string) => {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
};
/** Words of every turn in the page, top to bottom. */
const turns = (page: Page) =>
  page
    .locator(".turn")
    .evaluateAll((all) =>
      all.map((turn) => turn.querySelector(".as-written, .markdown")?.textContent?.trim() ?? ""),
    );

describe.skipIf(browserPath === undefined)("a gateway that dies in the middle of an answer", () => {
  let provider: FakeProvider;
  let home: E2eHome;
  beforeAll(async () => {
    provider = await startFakeProvider({ wire: "openai-chat" });
    home = createHome({
      config: {
        ...baseConfig,
        models: {
          detectLocal: false,
          providers: {
            fake: {
              baseUrl: provider.baseUrl,
              api: "openai-chat",
              apiKey: "sk-fake-0123456789abcdef",
              models: [{ id: "fake-model" }],
            },
          },
        },
        agents: { defaults: { model: "fake/fake-model" } },
        messages: { queue: { mode: "followup" } },
      },
    });
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await provider.stop();
  });

  it("shows a banner, stays readable, goes on by itself, and has every message once", async () => {
    const browser = await launchBrowser();
    try {
      provider.setScript((request) =>
        request.number === 1
          ? { text: "the first answer" }
          : request.number === 2
            ? { broken: "hang_midway" }
            : { text: `answer ${request.number}` },
      );
      const first = await home.gateway();
      const page = await browser.newPage();
      await page.goto(`${first.http}/?token=${e2eToken}`);
      await connected(page);
      await say(page, "one");
      await page.locator(".turn", { hasText: "the first answer" }).waitFor();
      await say(page, "two");
      await page.locator(".turn[aria-busy] .markdown").first().waitFor();
      await say(page, "three");
      await page.locator(".turn.pending", { hasText: "three" }).getByText("waiting").waitFor();
      first.signal("SIGKILL");
      await first.ended;
      await page.getByRole("alert").getByText("The gateway cannot be reached").waitFor();
      await page.locator(".turn", { hasText: "the first answer" }).waitFor();
      // A message somebody else sends before this page is back.
      const second = await home.gateway({ port: first.port });
      const other = await signIn(second);
      await other.ask("chat.send", { sessionKey: "main", message: "four", idempotencyKey: "other" });
      await page.locator(".banner").waitFor({ state: "detached", timeout: 20_000 });
      await expect.poll(() => turns(page), { timeout: 20_000 }).toHaveLength(8);
      await expect.poll(() => page.locator(".turn[aria-busy], .turn.pending").count()).toBe(0);
      const said = await turns(page);
      expect(said.filter((_, index) => index % 2 === 0)).toEqual(["one", "two", "three", "four"]);
      expect(new Set(said).size).toBe(8);
      // What the page put together is what a fresh one reads.
      await page.reload();
      await connected(page);
      await expect.poll(() => turns(page)).toEqual(said);
      other.socket.terminate();
      expect((await second.stop()).status).toBe(0);
    } finally {
      await browser.close();
    }
  }, 90_000);

  it("shows what a run has done once, although the history has it already", async () => {
    const browser = await launchBrowser();
    try {
      let asked = 0;
      provider.setScript(() => {
        asked += 1;
        return asked === 1
          ? {
              text: "I shall look.",
              toolCalls: [{ id: "call_1", name: "read", input: { path: "AGENTS.md" } }],
            }
          : { broken: "hang_midway" };
      });
      const gateway = await home.gateway();
      const page = await browser.newPage();
      const address = `${gateway.http}/chat?session=agent:main:once&token=${e2eToken}`;
      await page.goto(address);
      await connected(page);
      await say(page, "look into it");
      const busy = page.locator(".turn[aria-busy]");
      await busy.locator(".tool.done").waitFor();
      await expect.poll(() => asked).toBe(2);
      await page.reload();
      await connected(page);
      await busy.locator(".tool.done").waitFor();
      await page.getByRole("button", { name: "Stop" }).waitFor();
      expect(await page.locator(".tool").count()).toBe(1);
      expect(await page.locator(".turn.user").count()).toBe(1);
      expect(await page.locator(".turn .markdown", { hasText: "I shall look." }).count()).toBe(1);
      await page.getByRole("button", { name: "Stop" }).click();
      await busy.waitFor({ state: "detached" });
      expect(await page.locator(".tool").count()).toBe(1);
      expect(await page.locator(".turn.user").count()).toBe(1);
      expect((await gateway.stop()).status).toBe(0);
    } finally {
      await browser.close();
    }
  }, 60_000);
});

describe.skipIf(browserPath === undefined)("pages of one conversation", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
  }, 60_000);
  afterAll(() => ui.close());

  it("show the same, also who comes in the middle of a run; what waits can be taken back by either", async () => {
    const gate = Promise.withResolvers<void>();
    ui.harness.agent.script = async (lease, hooks) => {
      if (lease.messages[0]?.text !== "look it up")
        return { payloads: [{ text: "another", mediaUrl: null }] };
      hooks.emit({ type: "thinking", text: "where was it", delta: "where was it" });
      hooks.emit({ type: "tool_started", callId: "t1", name: "read", input: { path: "notes.md" } });
      hooks.emit({ type: "tool_update", callId: "t1", name: "read", partial: "half of it" });
      await gate.promise;
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: "read",
        isError: false,
        content: [{ type: "text", text: "all of it" }],
        durationMs: 3,
      });
      hooks.emit({ type: "text", text: "found", delta: "found" });
      return { payloads: [{ text: "found", mediaUrl: null }] };
    };
    const context = await ui.browser.newContext();
    const tab = async () => {
      const page = await context.newPage();
      await page.goto(`${ui.origin}/?token=${token}`);
      await connected(page);
      return page;
    };
    const [one, two] = [await tab(), await tab()];
    await say(one, "look it up");
    await two.locator(".turn.user", { hasText: "look it up" }).waitFor();
    await say(two, "wait for me");
    await one.locator(".turn.pending", { hasText: "wait for me" }).waitFor();
    // One that comes late knows what was thought, and what the tool has said so far.
    const late = await tab();
    await late.locator(".turn[aria-busy] .thinking", { hasText: "where was it" }).waitFor();
    await late.locator(".tool.running summary").click();
    await late.locator(".tool pre", { hasText: "half of it" }).waitFor();
    await late.locator(".turn.pending", { hasText: "wait for me" }).waitFor();
    await one.getByRole("button", { name: "Take back" }).click();
    await expect.poll(() => one.getByRole("textbox", { name: "Message" }).inputValue()).toBe("wait for me");
    for (const page of [one, two, late]) await page.locator(".turn.pending").waitFor({ state: "detached" });
    gate.resolve();
    for (const page of [one, two, late]) {
      await page.locator(".turn.assistant:not([aria-busy])", { hasText: "found" }).waitFor();
      expect(await turns(page)).toEqual(["look it up", "found"]);
    }
    await context.close();
  }, 60_000);

  it("come back when the network does, with what was said meanwhile", async () => {
    ui.harness.agent.script = (lease) => ({
      payloads: [{ text: `re: ${lease.messages[0]?.text}`, mediaUrl: null }],
    });
    const { page } = await ui.open(`/chat?session=agent:main:away&token=${token}`);
    await connected(page);
    await say(page, "before");
    await page.locator(".turn", { hasText: "re: before" }).waitFor();
    await page.context().setOffline(true);
    for (const connection of ui.connections()) connection.close(1001, "network away");
    await page.getByRole("alert").getByText("The gateway cannot be reached").waitFor();
    const { services } = ui.harness;
    const meanwhile = await services.runs.submit({
      door: "chat.send",
      key: "meanwhile",
      sessionKey: "agent:main:away",
      principal: ui.harness.connect("somebody").principal,
      text: "meanwhile",
    });
    await services.runs.wait(meanwhile.runId, 5000);
    await page.context().setOffline(false);
    await page.locator(".turn", { hasText: "re: meanwhile" }).waitFor();
    expect(await turns(page)).toEqual(["before", "re: before", "meanwhile", "re: meanwhile"]);
    await page.close();
  }, 60_000);

  it("connect anew when the gateway does not answer after a sleep", async () => {
    const page = await ui.browser.newPage();
    let sockets = 0;
    let asleep = false;
    await page.routeWebSocket(/./, (socket) => {
      sockets += 1;
      const mine = sockets;
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (!asleep || mine > 1) server.send(message);
      });
    });
    await page.goto(`${ui.origin}/chat?token=${token}`);
    await connected(page);
    asleep = true;
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await expect.poll(() => sockets, { timeout: 15_000 }).toBe(2);
    await connected(page);
    await say(page, "still there?");
    await page.locator(".turn", { hasText: "re: still there?" }).waitFor();
    await page.close();
  }, 30_000);

  it("ask nothing by the clock while nobody sees them", async () => {
    const page = await ui.browser.newPage();
    await page.clock.install();
    let lists = 0;
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        if (String(payload).includes('"sessions.list"')) lists += 1;
      }),
    );
    await page.goto(`${ui.origin}/chat?token=${token}`);
    await connected(page);
    await expect.poll(() => lists).toBeGreaterThan(0);
    const show = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      }, isHidden);
    await page.locator(".session-list li").first().waitFor();
    await show(true);
    const before = lists;
    await page.clock.runFor(25_000);
    // Whatever was sent before this answer has been counted.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(null))));
    expect(lists).toBe(before);
    await show(false);
    await page.clock.runFor(25_000);
    await expect.poll(() => lists).toBeGreaterThan(before);
    await page.close();
  }, 30_000);
});
