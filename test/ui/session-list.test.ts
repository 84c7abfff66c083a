// Thousands of conversations beside the chat: those in view are asked for and drawn.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserPath, startUi, token, type UiHarness } from "./harness.ts";

const count = 5000;

describe.skipIf(browserPath === undefined)(`a list of ${count} conversations`, () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
    const { sessions } = ui.harness.services;
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        sessions.ensure(`agent:main:talk-${String(index).padStart(4, "0")}`, "main"),
      ),
    );
  }, 60_000);
  afterAll(() => ui.close());

  it("is scrolled from its beginning to its end, opens what is pressed, and is searched", async () => {
    const { page, problems } = await ui.open(`/chat?session=agent:main:fresh&token=${token}`);
    const rows = page.locator(".session-rows li button");
    await rows.first().waitFor();
    const names = async () => await page.locator(".session-rows .name").allInnerTexts();
    const shownFirst = (await names())[0] ?? "";
    expect(await rows.count()).toBeLessThan(60);
    // One that nobody has begun stands apart from the list.
    expect(await page.locator(".session-list > .session-row[aria-current=true]").innerText()).toContain(
      "fresh",
    );
    await page.locator(".session-rows").evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await expect.poll(async () => (await names()).length).toBeGreaterThan(5);
    const last = page.locator(`.session-rows li[aria-posinset="${count}"]`);
    await last.getByRole("button").waitFor();
    expect(await last.getAttribute("aria-setsize")).toBe(String(count));
    expect(await rows.count()).toBeLessThan(60);
    const name = await last.locator(".name").innerText();
    expect(name).not.toBe(shownFirst);
    await last.getByRole("button").click();
    await expect.poll(() => page.url()).toContain(encodeURIComponent(name).replaceAll("%3A", ":"));
    await page.getByRole("searchbox", { name: "Find a conversation" }).fill("talk-0123");
    await expect.poll(names).toEqual(["talk-0123"]);
    await page.getByRole("searchbox", { name: "Find a conversation" }).fill("no such thing");
    await page.getByText("No conversation fits.").waitFor();
    await page.getByRole("searchbox", { name: "Find a conversation" }).fill("");
    await expect.poll(async () => (await names())[0]).toBe(shownFirst);
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("takes a phone's whole page, and gives it back when one is chosen, be it the one that is shown", async () => {
    const { page } = await ui.open(`/chat?session=agent:main:talk-4999&token=${token}`, {
      viewport: { width: 390, height: 844 },
    });
    const list = page.getByRole("complementary", { name: "Conversations" });
    const box = page.getByRole("textbox", { name: "Message" });
    await box.waitFor();
    expect(await list.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Conversations" }).click();
    await list.locator("button[aria-current=true]").click();
    await list.waitFor({ state: "hidden" });
    await box.waitFor();
    await page.close();
  }, 30_000);
});
