// The page for everybody: in Japanese, by keyboard, by ear, with colours of one's own, and when something is not there.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { createDoctorDesk } from "../../src/app/doctor-desk.ts";
import { createWizardDesk } from "../../src/app/wizard-desk.ts";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";
import { scriptedAccounts } from "./scripted-accounts.ts";

const pageIds = [
  "chat",
  "overview",
  "channels",
  "sessions",
  "automation",
  "logs",
  "debug",
  "setup",
  "agents",
  "models",
  "skills",
  "devices",
  "config",
];
/** Names, and what programs and people wrote: not the page's own words. */
const notOurs =
  "noscript, [lang=en], code, pre, kbd, input, textarea, option, time, .log-lines, .brand, .markdown, datalist";

/** Texts of four English words or more that the page shows as its own. */
function englishOn(page: Page): Promise<string[]> {
  return page.evaluate((skipped) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = (node.textContent ?? "").trim();
      if (!node.parentElement?.closest(skipped) && /(?:\b[A-Za-z][a-z']*\b[ ,:]+){3,}\b[a-z]/.test(text))
        found.push(text);
    }
    return found;
  }, notOurs);
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    return at?.getAttribute("aria-label") ?? (at?.id || at?.textContent) ?? "";
  });

describe.skipIf(browserPath === undefined)("the page for everybody", () => {
  let ui: UiHarness;
  const accounts = scriptedAccounts();
  beforeAll(async () => {
    ui = await startUi({
      prepare(harness) {
        accounts.prepare(harness);
        const { services } = harness;
        const { paths, version, clock, config } = services;
        services.doctor = createDoctorDesk({ paths, env: {}, version, clock });
        services.wizard = createWizardDesk({ paths, env: {}, store: config, clock });
      },
    });
    await accounts.start();
  }, 60_000);
  afterAll(async () => {
    await accounts.stop();
    await ui.close();
  });
  const connected = (page: Page) => page.locator(".link[data-state=connected]").waitFor();

  it("has no English of its own on a Japanese page, and nothing that axe minds", async () => {
    const { page, problems } = await ui.open(`/chat?token=${token}`, { locale: "ja-JP" });
    await connected(page);
    for (const id of pageIds) {
      // As Back and Forward do, which is quicker than loading everything anew.
      await page.evaluate((to) => {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
      }, id);
      await page.locator(`main[data-page=${id}] h1`).first().waitFor();
      await expect.poll(() => page.getByText("読み込み中…").count(), { timeout: 15_000 }).toBe(0);
      expect(await englishOn(page), id).toEqual([]);
      // In both themes they are looked at in English, by the tests of each page.
      expect(await axeProblems(page, ["light"]), id).toEqual([]);
    }
    expect(problems).toEqual([]);
    await page.close();
  }, 120_000);

  it("lists its keys, holds the focus in a dialog, and gives it back", async () => {
    const { page } = await ui.open(`/sessions?token=${token}`);
    await connected(page);
    const theme = page.getByRole("button", { name: "Light or dark" });
    await theme.focus();
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await dialog.waitFor();
    expect(await axeProblems(page)).toEqual([]);
    for (let step = 0; step < 6; step++) await page.keyboard.press("Tab");
    // The browser's own bars are between the last and the first; the page below is not.
    expect(await page.evaluate(() => document.activeElement?.closest("main, nav, header.bar"))).toBeNull();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Light or dark");
    await page.keyboard.press("/");
    expect(await focused(page)).toBe("Find a session");
    // A question mark is a letter where somebody writes.
    await page.keyboard.type("why?");
    expect(await dialog.count()).toBe(0);
    expect(await page.getByRole("searchbox").inputValue()).toBe("why?");
    await page.close();
  }, 60_000);

  it("opens its menu on a phone with the focus in it, and never loses it", async () => {
    const { page } = await ui.open(`/overview?token=${token}`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    await connected(page);
    const menu = page.getByRole("button", { name: "Menu" });
    await menu.click();
    expect(await focused(page)).toContain("Overview");
    expect(await page.locator("main").getAttribute("inert")).not.toBeNull();
    await page.keyboard.press("Escape");
    expect(await focused(page)).toBe("Menu");
    await menu.click();
    await page.getByRole("link", { name: "Channels", exact: true }).click();
    await page.locator("main[data-page=channels]").waitFor();
    expect(await focused(page)).toBe("Menu");
    // Who hears the page is told where they are.
    await page.locator("[aria-live]", { hasText: /^Channels$/ }).waitFor({ state: "attached" });
    await page.close();
  }, 60_000);

  it("keeps what was typed into a dialog when somebody presses beside it", async () => {
    const { page } = await ui.open(`/channels?token=${token}`, { locale: "ja-JP" });
    await page.getByRole("button", { name: "設定する：Webhook" }).click();
    const dialog = page.getByRole("dialog", { name: "Webhook の設定" });
    const secret = dialog.getByLabel("双方が署名に使う共有シークレット（16 文字以上）");
    await expect
      .poll(() => secret.evaluate((field) => field === document.activeElement), { timeout: 15_000 })
      .toBe(true);
    await secret.fill("short");
    await dialog.getByLabel("返信の送信先アドレス").fill("no address");
    await page.mouse.click(5, 300);
    expect(await secret.inputValue()).toBe("short");
    await dialog.getByRole("button", { name: "保存" }).click();
    await dialog.getByRole("alert").waitFor();
    const said = await dialog.getByRole("alert").innerText();
    expect(said).toContain("チャネルの設定に誤りがあります。");
    expect(said).toContain("secret：16 文字以上で入力してください");
    expect(await axeProblems(page, ["dark"])).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.close();
  }, 60_000);

  it("says in Japanese why an answer did not come", async () => {
    ui.harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "no key for this provider" },
    });
    const { page } = await ui.open(`/chat?session=agent:main:broken&token=${token}`, { locale: "ja-JP" });
    await connected(page);
    await page.getByRole("textbox", { name: "メッセージ" }).fill("こんにちは");
    await page.keyboard.press("Enter");
    const failed = page.locator(".log .failure");
    await failed.getByText("モデルの提供元がログインを受け付けませんでした").waitFor();
    // What only the gateway knows stays, as what it is.
    expect(await failed.locator("[lang=en]").innerText()).toContain("no key for this provider");
    expect(await axeProblems(page)).toEqual([]);
    await page.close();
  }, 60_000);

  it("says what to do before the first connection: no gateway, no token, a wrong one", async () => {
    const page = await ui.browser.newPage({ locale: "ja-JP", viewport: { width: 390, height: 844 } });
    let away = true;
    await page.routeWebSocket(/./, (socket) => {
      if (away) void socket.close();
      else socket.connectToServer();
    });
    await page.goto(`${ui.origin}/`);
    await page.getByRole("heading", { name: "ゲートウェイから応答がありません" }).waitFor();
    expect(await axeProblems(page)).toEqual([]);
    away = false;
    // Somebody comes back to the window: it is tried at once.
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await page.getByRole("heading", { name: "このゲートウェイに接続" }).waitFor();
    // Nobody made a mistake yet.
    expect(await page.locator(".login .bad").count()).toBe(0);
    await page.getByText("openclaw dashboard").waitFor();
    expect(await axeProblems(page, ["light"])).toEqual([]);
    await page.getByLabel("ワンタイムコード、トークンまたはパスワード").fill("wrong");
    await page.getByRole("button", { name: "接続", exact: true }).click();
    await page.locator(".login .bad").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.close();
  }, 60_000);

  it("tells a browser that may only look, and what gives it more", async () => {
    const page = await ui.browser.newPage();
    await page.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => server.send(message));
      server.onMessage((message) =>
        socket.send(String(message).replaceAll(/"scopes":\[[^\]]*\]/g, '"scopes":["operator.read"]')),
      );
    });
    await page.goto(`${ui.origin}/overview?token=${token}`);
    await page.getByRole("note").getByText("openclaw dashboard").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("link", { name: "Set up", exact: true }).click();
    expect(await page.getByRole("button", { name: "Begin" }).isDisabled()).toBe(true);
    await page.close();
  }, 60_000);
});
