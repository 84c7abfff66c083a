// Changing an earlier message in a real browser: the editor, its versions, a second tab, and what waits for permission.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

const words = (page: Page) =>
  page
    .locator(".log .turn")
    .evaluateAll((all) =>
      all.map((turn) => turn.querySelector(".markdown, .as-written")?.textContent.trim() ?? ""),
    );

describe.skipIf(browserPath === undefined)("changing a message", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
  }, 60_000);
  beforeEach(() => {
    ui.harness.agent.script = (lease) => ({
      payloads: [{ text: `answer to ${lease.messages[0]?.text}`, mediaUrl: null }],
    });
  });
  afterAll(() => ui.close());

  async function open(session: string, ...said: string[]) {
    const opened = await ui.open(`/chat?session=agent:main:${session}&token=${token}`);
    await opened.page.locator(".link[data-state=connected]").waitFor();
    for (const text of said) {
      await opened.page.getByRole("textbox", { name: "Message" }).fill(text);
      await opened.page.keyboard.press("Enter");
      await opened.page.locator(".turn.assistant", { hasText: `answer to ${text}` }).waitFor();
    }
    return opened;
  }

  it("goes on from there, in every tab, and keeps what was said to be read", async () => {
    const { page, problems } = await open("edit", "one", "two", "three");
    const other = await open("edit");
    await other.page.locator(".turn.assistant", { hasText: "answer to three" }).waitFor();
    const turn = page.locator(".turn.user", { hasText: "two" });
    await turn.hover();
    await turn.getByRole("button", { name: "Edit this message" }).click();
    const editor = page.getByRole("textbox", { name: "New text" });
    expect(await editor.inputValue()).toBe("two");
    await page.getByText("What tools already did is not undone.").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await editor.fill("two, but better");
    await editor.press("Enter");
    const now = ["one", "answer to one", "two, but better", "answer to two, but better"];
    for (const each of [page, other.page]) await expect.poll(() => words(each)).toEqual(now);
    for (const each of [page, other.page]) {
      await each.getByRole("button", { name: "Earlier version" }).click();
      await each.getByText("Read-only").waitFor();
      expect(await words(each)).toEqual([
        "one",
        "answer to one",
        "two",
        "answer to two",
        "three",
        "answer to three",
      ]);
      expect(await each.getByRole("group", { name: "Versions of this message" }).innerText()).toContain(
        "1 of 2",
      );
    }
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Back to the conversation" }).click();
    await expect.poll(() => words(page)).toEqual(now);
    // Writing goes on in the conversation as it is.
    await other.page.getByRole("textbox", { name: "Message" }).fill("four");
    await other.page.keyboard.press("Enter");
    for (const each of [page, other.page])
      await expect.poll(() => words(each)).toEqual([...now, "four", "answer to four"]);
    expect([...problems, ...other.problems]).toEqual([]);
    await page.close();
    await other.page.close();
  }, 60_000);

  it("stops what runs first, by the keyboard alone, and Escape leaves all as it was", async () => {
    const { page, problems } = await open("busy", "one");
    const begun = Promise.withResolvers<void>();
    ui.harness.agent.script = (_lease, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve({}), { once: true });
        begun.resolve();
      });
    const box = page.getByRole("textbox", { name: "Message" });
    await box.fill("slow");
    await box.press("Enter");
    await begun.promise;
    await page.locator(".turn[aria-busy=true]").waitFor();
    const edit = page
      .locator(".turn.user", { hasText: "one" })
      .getByRole("button", { name: "Edit this message" });
    await edit.press("Enter");
    const editor = page.getByRole("textbox", { name: "New text" });
    await editor.press("Escape");
    await expect.poll(() => edit.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await page.locator(".turn[aria-busy=true]").count()).toBe(1);
    await edit.press("Enter");
    await page.getByRole("button", { name: "Stop and send" }).waitFor();
    ui.harness.agent.script = () => ({ payloads: [{ text: "done", mediaUrl: null }] });
    await editor.fill("uno");
    await editor.press("Enter");
    await expect.poll(() => words(page)).toEqual(["uno", "done"]);
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("is not offered for what somebody else said", async () => {
    const { sessions } = ui.harness.services;
    await sessions.ensure("agent:main:shared", "main");
    await sessions.append("agent:main:shared", [
      {
        id: "eve",
        ts: 1,
        role: "user",
        origin: { door: "channel:telegram", trust: "member", sender: "eve" },
        content: [{ type: "text", text: "from elsewhere" }],
      },
      { id: "me", ts: 2, role: "user", content: [{ type: "text", text: "from here" }] },
    ]);
    const { page } = await open("shared");
    const offered = (text: string) =>
      page
        .locator(".turn.user", { hasText: text })
        .getByRole("button", { name: "Edit this message" })
        .count();
    await page.locator(".turn.user", { hasText: "from here" }).waitFor();
    expect([await offered("from elsewhere"), await offered("from here")]).toEqual([0, 1]);
    await page.close();
  });

  it("shows what waits for permission as waiting, with the way to the question", async () => {
    const { page, problems } = await open("asks");
    const gate = Promise.withResolvers<void>();
    ui.harness.agent.script = async (_lease, hooks) => {
      hooks.emit({ type: "tool_started", callId: "t1", name: "exec", input: { command: "rm -rf build" } });
      hooks.emit({ type: "approval_waiting", callId: "t1", approvalId: "ap-1" });
      await gate.promise;
      hooks.emit({ type: "approval_decided", callId: "t1", approvalId: "ap-1", decision: "deny" });
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: "exec",
        isError: true,
        content: [{ type: "text", text: "denied" }],
        durationMs: 5,
      });
      return { payloads: [{ text: "I may not.", mediaUrl: null }] };
    };
    await ui.harness.services.approvals.request(
      {
        id: "ap-1",
        command: "rm -rf build",
        cwd: "/home/me/project",
        host: "node:laptop",
        security: null,
        ask: null,
        agentId: "main",
        resolvedPath: "/usr/bin/rm",
        sessionKey: "agent:main:asks",
        callId: "t1",
      },
      60_000,
    );
    await page.getByRole("textbox", { name: "Message" }).fill("clean up");
    await page.keyboard.press("Enter");
    const card = page.locator("details.tool", { hasText: "exec" });
    await card.getByText("waits for your permission").waitFor();
    const question = page.getByRole("region", { name: "Your assistant asks to run a command" });
    expect(await question.innerText()).toMatch(/laptop[\s\S]*\/usr\/bin\/rm[\s\S]*\/home\/me\/project/);
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Look at the question" }).click();
    const allow = question.getByRole("button", { name: "Allow once" });
    await expect.poll(() => allow.evaluate((button) => button === document.activeElement)).toBe(true);
    // Somebody who comes now sees it too.
    const late = await open("asks");
    await late.page.getByText("waits for your permission").waitFor();
    await late.page.close();
    gate.resolve();
    await page.locator(".turn.assistant", { hasText: "I may not." }).waitFor();
    expect(await page.getByText("waits for your permission").count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);
});
