// The page in a real browser against the real server, ledger and lanes, with a scripted agent.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

describe.skipIf(browserPath === undefined)("the page", () => {
  let ui: UiHarness;
  let harness: UiHarness["harness"];
  let open: UiHarness["open"];
  beforeAll(async () => {
    ui = await startUi();
    ({ harness, open } = ui);
  }, 60_000);
  afterAll(() => ui.close());

  it("shows what is the matter in the words of every other surface", async () => {
    harness.services.safeMode = () => ({ by: "flag", reason: "asked for <b>so</b>", since: Date.now() });
    const { page, problems } = await open(`/?token=${token}`);
    await page.getByRole("link", { name: "Safe mode: channels, plugins and automation are off" }).click();
    await page.getByText("asked for <b>so</b>").waitFor();
    await page.getByText("openclaw status --all").waitFor();
    await page.getByText("2026.1.2").waitFor();
    await page.getByText("test/scripted").first().waitFor();
    expect(await axeProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    delete harness.services.safeMode;
    await page.close();
  }, 30_000);

  it("connects with the token of its address, shows status, chats and decides approvals", async () => {
    const { page, problems } = await open(`/?token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    expect(page.url()).not.toContain("token");

    const gate = Promise.withResolvers<void>();
    harness.agent.script = async (_lease, hooks) => {
      hooks.emit({
        type: "tool_started",
        callId: "t1",
        name: "memory_search",
        input: { query: "deploy host" },
      });
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: "memory_search",
        isError: false,
        content: [{ type: "text", text: "ash-3" }],
        durationMs: 4,
      });
      const text =
        "Your deploy host is **ash-3**.\n\n- one\n- two\n\n```sh\nssh ash-3\n```\n<img src=x onerror=alert(1)>";
      hooks.emit({ type: "text", text, delta: text });
      await gate.promise;
      return { payloads: [{ text, mediaUrl: null }] };
    };
    await page.getByRole("textbox", { name: "Message" }).fill("what do you know about <b>deploy host</b>?");
    await page.keyboard.press("Enter");
    await page.locator(".tool.done").waitFor();
    await page.locator(".turn strong", { hasText: "ash-3" }).waitFor();
    expect(await page.locator(".turn img").count()).toBe(0);
    await page.locator(".tool summary").click();
    await page.locator(".tool pre", { hasText: /^ash-3$/ }).waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    const approval = harness.services.approvals.request(
      {
        id: "ap-1",
        command: "rm -rf ./build",
        cwd: "/work",
        host: "gateway",
        security: null,
        ask: null,
        agentId: "main",
        resolvedPath: null,
        sessionKey: "agent:main:main",
      },
      60_000,
    );
    await page.getByText("rm -rf ./build").waitFor();
    await approval;
    const shot = process.env["OPENCLAW_SHOT"];
    if (shot !== undefined) await page.screenshot({ path: shot });
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Deny" }).click();
    await expect.poll(() => harness.services.approvals.get("ap-1")?.decision).toBe("deny");
    await page.locator(".approval").waitFor({ state: "detached" });
    gate.resolve();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    expect(await page.locator(".turn.user").innerText()).toContain("<b>deploy host</b>");
    expect(problems).toEqual([]);
    await page.close();
  }, 30_000);

  it("stops an answer with Escape and starts a new session", async () => {
    const { page } = await open(`/?token=${token}`, {
      viewport: { width: 390, height: 780 },
      colorScheme: "dark",
    });
    await page.locator(".link[data-state=connected]").waitFor();
    harness.agent.script = (_lease, hooks) => {
      hooks.emit({ type: "text", text: "thinking", delta: "thinking" });
      return new Promise((resolve) => hooks.signal.addEventListener("abort", () => resolve({})));
    };
    await page.getByRole("textbox", { name: "Message" }).fill("long");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    const shot = process.env["OPENCLAW_SHOT"];
    if (shot !== undefined) await page.screenshot({ path: shot.replace(".png", "-phone.png") });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Conversations" }).click();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByText("What can I do for you?").waitFor();
    await page.close();
  }, 30_000);

  it("says what to do when the token is wrong or missing", async () => {
    const { page } = await open("/?token=wrong");
    await page.getByText("unauthorized").waitFor();
    await page.getByText("openclaw dashboard").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByLabel("One-time code, token or password").fill(token);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator(".link[data-state=connected]").waitFor();
    await page.close();
  }, 30_000);
});
