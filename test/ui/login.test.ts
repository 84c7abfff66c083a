// A browser's first login: by a one-time link, by a six-digit code, and what it is told when neither is good.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectGateway } from "../../src/client/index.ts";
import { Secret } from "../../src/core/secret.ts";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

describe.skipIf(browserPath === undefined)("one-time login", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
  }, 60_000);
  afterAll(() => ui.close());

  async function newLogin(of = ui): Promise<{ ticket: string; code: string }> {
    const admin = await connectGateway({
      url: of.origin.replace("http", "ws"),
      auth: { token: new Secret(token) },
      client: { id: "cli", mode: "cli", version: "1", platform: "test" },
    });
    try {
      return (await admin.call("login.code.create", {})) as { ticket: string; code: string };
    } finally {
      admin.close();
    }
  }
  const letIn = ".link[data-state=connected]";

  it("a link lets in once; the browser comes back by itself; a second browser is told to ask for another", async () => {
    const { ticket } = await newLogin();
    const context = await ui.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${ui.origin}/#login=${ticket}`);
    await page.locator(letIn).waitFor();
    expect(page.url()).not.toContain("olt_");
    const stored = await page.evaluate(() =>
      [sessionStorage, localStorage].flatMap((kept) => Object.values(kept) as string[]).join(),
    );
    expect(stored).not.toContain("olt_");
    expect(stored).not.toContain(token);
    // The device is known now: no secret is needed any more.
    await page.reload();
    await page.locator(letIn).waitFor();
    await context.close();

    const other = await ui.browser.newContext();
    const second = await other.newPage();
    await second.goto(`${ui.origin}/#login=${ticket}`);
    await second.getByText("was used already").waitFor();
    await second.getByText("openclaw dashboard").waitFor();
    expect(await axeProblems(second)).toEqual([]);
    await other.close();
  }, 60_000);

  it("six digits on the login page", async () => {
    const { code } = await newLogin();
    const context = await ui.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${ui.origin}/`);
    const field = page.getByLabel("One-time code, token or password");
    await field.fill(code === "123456" ? "654321" : "123456");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("was used already").waitFor();
    await field.fill(code.replace(/(...)(...)/, "$1 $2"));
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator(letIn).waitFor();
    expect(await page.evaluate(() => (Object.values(sessionStorage) as string[]).join())).not.toContain(code);
    await context.close();
  }, 60_000);

  it("under a sub-path, straight to the page the link names", async () => {
    const below = await startUi({ basePath: "/claw" });
    try {
      const { ticket } = await newLogin(below);
      const { page } = await below.open(`/claw/logs#login=${ticket}`);
      await page.locator(letIn).waitFor();
      expect(new URL(page.url())).toMatchObject({ pathname: "/claw/logs", hash: "", search: "" });
      await page.locator("[data-page=logs]").waitFor();
    } finally {
      await below.close();
    }
  }, 60_000);
});
