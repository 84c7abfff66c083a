// The pages operators use: configuration with plan and way back, logs, console.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

describe.skipIf(browserPath === undefined)("pages for operators", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
    ui.harness.services.config.replace("// ours\n{ session: { dmScope: 'per-peer' } }\n", {
      author: "test",
      reason: "first",
    });
  }, 60_000);
  afterAll(() => ui.close());

  it("plans a setting, applies it with the comments kept, compares and goes back", async () => {
    const { page, problems } = await ui.open(`/config?token=${token}`);
    await page.getByLabel(/dmScope/).selectOption({ label: "main" });
    await page.getByRole("button", { name: "See what it does" }).click();
    const dialog = page.getByRole("dialog", { name: "What this change does" });
    await dialog.getByText("session.dmScope").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Apply" }).click();
    await page.getByText("Applied.").waitFor();
    const file = () => readFileSync(ui.harness.services.paths.configPath, "utf8");
    expect(file()).toMatch(/^\/\/ ours\n[^]*dmScope: ["']main["']/);

    await page.getByRole("tab", { name: "History" }).click();
    const first = page.getByRole("row", { name: /first/ });
    await first.getByRole("button", { name: "Compare" }).click();
    await page.locator(".diff .gone", { hasText: "per-peer" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await first.getByRole("button", { name: "Go back to this" }).click();
    await page
      .getByRole("dialog", { name: "Go back to this" })
      .getByRole("button", { name: "Go back to this" })
      .click();
    await expect.poll(file).toContain("per-peer");
    expect(await axeProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 30_000);

  it("names what is wrong with a file before anything is written", async () => {
    const { page } = await ui.open(`/config?view=file&token=${token}`);
    const before = readFileSync(ui.harness.services.paths.configPath, "utf8");
    await page.getByRole("textbox", { name: "File" }).fill("{ session: { dmScope: 'nowhere' } }");
    await page.getByRole("button", { name: "See what it does" }).click();
    await page.getByRole("alert").getByText("session.dmScope").waitFor();
    expect(readFileSync(ui.harness.services.paths.configPath, "utf8")).toBe(before);
    expect(await axeProblems(page)).toEqual([]);
    await page.close();
  }, 30_000);

  it("calls a method from the console, in Japanese too", async () => {
    const { page, problems } = await ui.open(`/debug?token=${token}`, { locale: "ja-JP" });
    await page.getByRole("heading", { name: "デバッグ" }).waitFor();
    await page.getByLabel("メソッド").fill("agents.list");
    await page.getByRole("button", { name: "呼び出す" }).click();
    await page.getByText('"defaultId": "main"').waitFor();
    await page.getByLabel("パラメーター（JSON）").fill("[1]");
    await page.getByRole("button", { name: "呼び出す" }).click();
    await page.getByRole("alert").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 30_000);

  it("shows this browser among the devices, and signs it out when its token is revoked", async () => {
    const { page } = await ui.open(`/devices?token=${token}`);
    const row = page.getByRole("row", { name: /openclaw-control-ui/ }).last();
    await row.waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog", { name: "Revoke" }).getByRole("button", { name: "Revoke" }).click();
    // The token is refused; the secret of this tab is tried next, and the device asks anew.
    await page.locator(".link[data-state=connected]").waitFor();
    await page.close();
  }, 30_000);
});
