// A conversation of a hundred thousand messages in a real browser: what is loaded and drawn is a window on it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserPath, startUi, token, type UiHarness } from "./harness.ts";

const count = 100_000;

describe.skipIf(browserPath === undefined)("a conversation of 100,000 messages", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi();
    const { sessions } = ui.harness.services;
    await sessions.ensure("agent:main:long", "main");
    const lines = Array.from({ length: count }, (_, index) => {
      const role = index % 2 === 0 ? "user" : "assistant";
      const text =
        role === "user"
          ? `question ${index}`
          : `answer ${index}\n\n- **one**\n- two\n\n\`\`\`ts\nconst x = ${index};\n\`\`\``;
      return JSON.stringify({
        id: `e${index}`,
        ts: 1_700_000_000_000 + index * 1000,
        role,
        runId: `r${index}`,
        content: [{ type: "text", text }],
      });
    });
    mkdirSync(dirname(sessions.transcriptPath("agent:main:long")), { recursive: true });
    writeFileSync(sessions.transcriptPath("agent:main:long"), `${lines.join("\n")}\n`);
  }, 60_000);
  afterAll(() => ui.close());

  it("opens at its end, pages back and forth, and keeps only a window", async () => {
    const { page, problems } = await ui.open(`/chat?token=${token}`);
    // From the press on its row to its last message in the page.
    const row = page.locator(".session-list button", { hasText: "long" });
    await row.waitFor();
    const openedMs = await row.evaluate(
      (button, last) =>
        new Promise<number>((resolve) => {
          const began = performance.now();
          const isThere = () => document.querySelector(".log")?.textContent.includes(last) === true;
          const observer = new MutationObserver(() => {
            if (!isThere()) return;
            observer.disconnect();
            requestAnimationFrame(() => resolve(performance.now() - began));
          });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true });
          (button as HTMLButtonElement).click();
        }),
      `answer ${count - 1}`,
    );
    // The target is 300 ms on an idle machine (docs/benchmarks.md); a loaded one may take its time.
    expect(openedMs).toBeLessThan(3000);
    const log = page.getByRole("log");
    const turns = () => page.locator(".turn").count();
    expect(await turns()).toBe(100);
    // Back, as a person scrolls, until more pages were loaded than are kept.
    let oldest = count;
    for (let step = 0; oldest > count - 900; step++) {
      expect(step).toBeLessThan(60);
      await log.evaluate((element) => (element.scrollTop = 0));
      const first = page.locator(".turn.user").first();
      await expect
        .poll(async () => numberIn(await first.innerText()), { timeout: 15_000 })
        .toBeLessThan(oldest);
      oldest = numberIn(await first.innerText());
    }
    expect(await turns()).toBeLessThanOrEqual(500);
    const heap = await page.evaluate(
      () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
    );
    expect(heap).toBeLessThan(60e6);
    // What was read stays where it was while pages come above it.
    const frames = await log.evaluate(
      (element) =>
        new Promise<number[]>((resolve) => {
          const times: number[] = [];
          const step = (at: number) => {
            times.push(at);
            element.scrollTop += 60;
            if (times.length < 120) requestAnimationFrame(step);
            else resolve(times);
          };
          requestAnimationFrame(step);
        }),
    );
    const spent = (frames.at(-1) ?? 0) - (frames[0] ?? 0);
    if (process.env["OPENCLAW_FIGURES"] !== undefined)
      console.log({ openedMs, heapMb: heap / 1e6, fps: (frames.length - 1) / (spent / 1000) });
    await page.getByRole("button", { name: "To the newest" }).click();
    await page.getByText(`answer ${count - 1}`, { exact: true }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 90_000);
});

const numberIn = (text: string) => Number(/question (\d+)/.exec(text)?.[1]);
