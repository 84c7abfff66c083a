// The setup wizard in a real browser: the same steps as in the terminal, answered on a page.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWizardDesk } from "../../src/app/wizard-desk.ts";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

describe.skipIf(browserPath === undefined)("the setup page", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi({
      config: "{ models: { detectLocal: false } }",
      prepare: ({ services }) => {
        const { paths, clock, config } = services;
        services.wizard = createWizardDesk({ paths, env: {}, store: config, clock });
      },
    });
  }, 60_000);
  afterAll(() => ui.close());

  it("asks, refuses what is no answer, goes back, writes at the end, and leads to the chat", async () => {
    const { page, problems } = await ui.open(`/setup?token=${token}`);
    const file = () => readFileSync(ui.harness.services.paths.configPath, "utf8");
    const before = file();
    const next = () => page.getByRole("button", { name: "Next" }).click();
    const at = (title: string) => page.getByRole("heading", { name: title, exact: true }).waitFor();
    await page.getByRole("button", { name: "Begin" }).click();
    await at("What was found");
    await next();
    await at("An agent acts");
    await next();
    await page.getByText("without this nothing is set up").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("radio", { name: "Yes" }).check();
    await next();
    await at("How much to ask");
    await page.getByRole("radio", { name: "Advanced" }).check();
    await next();
    await at("Model");
    await page.getByRole("button", { name: "Back" }).click();
    await at("How much to ask");
    expect(await page.getByRole("radio", { name: "Advanced" }).isChecked()).toBe(true);
    await next();
    await page.getByRole("radio", { name: "Built-in model" }).check();
    await next();
    await at("Port");
    await page.getByRole("textbox", { name: "Port" }).fill("99999");
    await next();
    await page.getByText("is not a port").waitFor();
    await page.getByRole("textbox", { name: "Port" }).fill("19888");
    await next();
    for (const title of ["Who can reach it", "How clients log in", "Token", "Channels", "Workspace"]) {
      await at(title);
      await next();
    }
    await at("What will be done");
    await page.getByText("gateway.port = 19888").waitFor();
    expect(file()).toBe(before);
    await next();
    await page.getByText("Everything is set up.").waitFor();
    expect(file()).toContain("19888");
    await page.getByRole("button", { name: "Say hello to the agent" }).click();
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("asks in Japanese", async () => {
    const { page } = await ui.open(`/setup?token=${token}`, { locale: "ja-JP" });
    await page.getByRole("button", { name: "開始" }).click();
    await page.getByRole("heading", { name: "見つかったもの" }).waitFor();
    await page.getByRole("button", { name: "次へ" }).click();
    await page.getByRole("radio", { name: "はい" }).check();
    await page.getByRole("button", { name: "次へ" }).click();
    await page.getByRole("radio", { name: "クイックスタート" }).waitFor();
    expect(await axeProblems(page)).toEqual([]);
    // In the middle of it, somebody who reads English takes over.
    await page.getByRole("combobox", { name: "言語" }).selectOption("en");
    await page.getByRole("radio", { name: "Quick start" }).waitFor();
    await page.getByRole("combobox", { name: "Language" }).selectOption("ja");
    await page.getByRole("radio", { name: "クイックスタート" }).waitFor();
    await page.getByRole("button", { name: "中止" }).click();
    await page.getByText("中止しました").waitFor();
    await page.close();
  }, 60_000);
});
