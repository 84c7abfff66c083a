// What the chat page offers besides talking: search, files, a recording, keys.
import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

describe.skipIf(browserPath === undefined)("the chat page", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
  }, 60_000);
  afterAll(() => ui.close());

  it("finds words far back and shows them where they stand, with what is around them", async () => {
    const { sessions } = ui.harness.services;
    await sessions.ensure("agent:main:deep", "main");
    await sessions.append("agent:main:deep", [
      { id: "start", ts: 1, role: "user", content: [{ type: "text", text: "message start" }] },
    ]);
    const lines = Array.from({ length: 1200 }, (_, index) => {
      const text = `message ${index}${index === 700 ? " with the Needle" : ""}`;
      const role = index % 2 === 0 ? "user" : "assistant";
      return JSON.stringify({ id: `e${index}`, ts: index + 2, role, content: [{ type: "text", text }] });
    });
    appendFileSync(sessions.transcriptPath("agent:main:deep"), `${lines.join("\n")}\n`);
    const { page, problems } = await ui.open(`/chat?session=agent:main:deep&token=${token}`);
    await page.locator(".turn", { hasText: "message 1199" }).waitFor();
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("searchbox", { name: "Search this conversation" }).fill("needle");
    await page.getByRole("button", { name: /message 700 with the Needle/ }).click();
    const hit = page.locator(".turn", { hasText: "message 700 with the Needle" });
    await hit.waitFor();
    await expect.poll(() => hit.evaluate((turn) => turn === document.activeElement)).toBe(true);
    const inView = () =>
      hit.evaluate((turn) => {
        const { top, bottom } = turn.getBoundingClientRect();
        const log = turn.closest(".log")?.getBoundingClientRect();
        return log !== undefined && top >= log.top && bottom <= log.bottom;
      });
    await expect.poll(inView).toBe(true);
    // What stands around it is there, without a gap, and goes on to the end.
    const numbers = () =>
      page
        .locator(".turn .markdown")
        .evaluateAll((all) => all.map((turn) => Number(/message (\d+)/.exec(turn.textContent ?? "")?.[1])));
    const around = await numbers();
    expect(around).toEqual(Array.from(around, (_, index) => (around[0] ?? 0) + index));
    const log = page.getByRole("log");
    for (let step = 0; step < 60 && (await numbers()).at(-1) !== 1199; step++) {
      const last = (await numbers()).at(-1);
      await log.evaluate((element) => (element.scrollTop = element.scrollHeight));
      await expect.poll(async () => (await numbers()).at(-1)).not.toBe(last);
    }
    const all = await numbers();
    expect(all).toEqual(Array.from(all, (_, index) => 1200 - all.length + index));
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("sends files and what the microphone heard", async () => {
    const context = await ui.browser.newContext({ permissions: ["microphone"] });
    const page = await context.newPage();
    await page.goto(`${ui.origin}/chat?session=agent:main:files&token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("buy milk") });
    await page.locator(".files", { hasText: "notes.txt" }).waitFor();
    await page.getByRole("button", { name: "Record a voice message" }).click();
    await page.getByRole("button", { name: "Stop recording" }).click();
    await page.locator(".files", { hasText: "voice." }).waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill("both");
    await page.keyboard.press("Enter");
    await page.locator(".turn.assistant", { hasText: "hello" }).waitFor();
    const media = ui.harness.leases.at(-1)?.messages[0]?.media;
    expect(media).toMatchObject([
      { fileName: "notes.txt", mimeType: "text/plain", bytes: 8 },
      { fileName: expect.stringMatching(/^voice\./), mimeType: expect.stringMatching(/^(audio|video)\//) },
    ]);
    expect(media?.[1]?.bytes).toBeGreaterThan(0);
    await context.close();
  }, 30_000);

  it("names its keys, and brings back the last message for another try", async () => {
    const { page, problems } = await ui.open(`/chat?session=agent:main:keys&token=${token}`);
    await page.locator(".link[data-state=connected]").waitFor();
    const box = page.getByRole("textbox", { name: "Message" });
    await box.fill("first try");
    await page.keyboard.press("Enter");
    await page.locator(".turn.assistant", { hasText: "hello" }).waitFor();
    await box.press("ArrowUp");
    const editor = page.getByRole("textbox", { name: "New text" });
    expect(await editor.inputValue()).toBe("first try");
    await editor.press("Escape");
    await editor.waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("searchbox", { name: "Search this conversation" }).fill("FIRST");
    await page.getByRole("search", { name: "Search this conversation" }).getByText("1 found").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+/");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Stop the answer").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+O");
    await page.getByText("What can I do for you?").waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 30_000);
});
