// The frame around every page, on a phone and while the gateway is away.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

const title = "WhatsApp is logged out on this phone number";

describe.skipIf(browserPath === undefined)("the frame of the page", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
  }, 60_000);
  afterAll(() => ui.close());

  it("has room for what is the matter at 390 px, and says the rest to those who hear it", async () => {
    const { page, problems } = await ui.open(`/overview?token=${token}`, {
      viewport: { width: 390, height: 780 },
    });
    const state = page.locator(".link[data-state=connected]");
    await state.waitFor();
    // Each connection is told the real health once, a moment after it is let in: ours is what is told from then on.
    const tell = () =>
      ui.harness.services.broadcaster.broadcast(
        "health",
        {
          ok: false,
          conditions: [1, 2, 3].map((n) => ({
            code: `test.${n}`,
            title,
            severity: "error",
            text: "It has to be linked again.",
            hint: "openclaw channels login --channel whatsapp",
          })),
        },
        { droppable: true, requires: "read" },
      );
    const telling = setInterval(tell, 50);
    const pill = page.locator(".health-link");
    await expect.poll(async () => (await pill.boundingBox())?.width ?? 0).toBeGreaterThan(150);
    expect(await pill.innerText()).toMatch(/\+2$/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect((await page.locator(".bar").boundingBox())?.height).toBeLessThan(60);
    expect(await page.getByRole("status").filter({ hasText: "connected" }).ariaSnapshot()).toContain(
      "connected",
    );
    expect(await page.getByRole("combobox", { name: "Language" }).count()).toBe(0);
    await page.getByRole("button", { name: "Menu" }).click();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("combobox", { name: "Language" }).selectOption("ja");
    await page.getByRole("link", { name: "チャット", exact: true }).waitFor();
    if (process.env["OPENCLAW_SHOTS"] !== undefined) {
      await page.emulateMedia({ colorScheme: "light" });
      await page.screenshot({ path: `${process.env["OPENCLAW_SHOTS"]}/frame-menu.png` });
      await page.getByRole("link", { name: "チャット", exact: true }).click();
      await page.screenshot({ path: `${process.env["OPENCLAW_SHOTS"]}/frame-chat.png` });
    }
    clearInterval(telling);
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("shows whose conversation it is, and all of what can be done with it, at 390 px", async () => {
    const { page } = await ui.open(`/chat?token=${token}`, { viewport: { width: 390, height: 780 } });
    const title = page.getByRole("heading", { name: "Main", exact: true });
    await title.waitFor();
    const fits = await title.evaluate(
      (heading) => heading.clientWidth > 0 && heading.scrollWidth <= heading.clientWidth,
    );
    expect(fits).toBe(true);
    const last = await page.getByRole("combobox", { name: "Export" }).boundingBox();
    expect((last?.x ?? 0) + (last?.width ?? 999)).toBeLessThanOrEqual(390);
    await page.close();
  }, 60_000);

  it("says once that the gateway is away, while it tries again and again", async () => {
    const page = await ui.browser.newPage();
    let away = false;
    let cut = () => {};
    await page.routeWebSocket(/./, (socket) => {
      cut = () => void socket.close();
      if (away) cut();
      else socket.connectToServer();
    });
    await page.goto(`${ui.origin}/overview?token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    await page.evaluate(() => {
      const seen = { tries: 0, gone: 0 };
      Object.assign(globalThis, { seen });
      new MutationObserver((records) => {
        for (const { attributeName, target, removedNodes } of records) {
          if (attributeName === "data-state" && (target as HTMLElement).dataset["state"] === "connecting")
            seen.tries += 1;
          for (const node of removedNodes)
            if (node instanceof HTMLElement && node.matches(".banner")) seen.gone += 1;
        }
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
    away = true;
    cut();
    await page.locator(".banner").waitFor();
    await page.waitForFunction(() => (globalThis as unknown as { seen: { tries: number } }).seen.tries >= 2);
    expect(await page.evaluate(() => (globalThis as unknown as { seen: object }).seen)).toMatchObject({
      gone: 0,
    });
    away = false;
    await page.locator(".link[data-state=connected]").waitFor();
    expect(await page.locator(".banner").count()).toBe(0);
    await page.close();
  }, 60_000);
});
