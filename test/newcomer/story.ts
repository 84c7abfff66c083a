// What a newcomer does in the first hour, step by step. Every step ends with something that can be seen.
import type { Page } from "playwright-core";
import type { Started, Stranger } from "./stranger.ts";
import type { Visits } from "./visit.ts";

export interface Step {
  title: string;
  seconds: number;
}

export interface Told {
  steps: Step[];
  /** From `npm start` to the first answer. */
  firstAnswerSeconds: number;
}

const command = "uname -s";
const waitMs = 30_000;
const connectedPill = ".link[data-state=connected]";

/** Walks all steps. Throws at the first that does not end as it should. `everyPage` looks at all pages with axe. */
export async function tellStory(options: {
  stranger: Stranger;
  visits: Visits;
  everyPage: boolean;
  say: (line: string) => void;
}): Promise<Told> {
  const { stranger, visits, say } = options;
  const steps: Step[] = [];
  async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } catch (error) {
      throw new Error(`step “${title}” failed`, { cause: error });
    } finally {
      const seconds = (performance.now() - from) / 1_000;
      steps.push({ title, seconds });
      say(`${seconds.toFixed(1).padStart(6)} s  ${title}`);
    }
  }

  // Pictures and axe are taken between the steps, so that they are in no figure.
  const begun = performance.now();
  let started = await step("`npm start`: installed, built, running", () => stranger.start());
  const page = await visits.visitor();
  await step("its address opened: the page asks to set up", async () => {
    await page.goto(started.address);
    await page.getByRole("button", { name: "Begin" }).waitFor();
  });
  await step("set up: quick start with the built-in model", () => answerWizard(page, visits));
  await step("first message answered", async () => {
    await page.getByRole("button", { name: "Say hello to the agent" }).click();
    await send(page, "Remember that my deploy host is ash-3");
    await page.getByText("Remembered: my deploy host is ash-3").first().waitFor();
  });
  const firstAnswerSeconds = (performance.now() - begun) / 1_000;
  await visits.picture(page, "3-first-answer");

  await step("a command asks, is allowed, and runs", async () => {
    await send(page, `run ${command}`);
    await page.getByText("asks to run a command").waitFor();
    await visits.picture(page, "4-approval");
    await page.getByRole("button", { name: "Allow once" }).click();
    await page.getByText("Output of").first().waitFor();
  });
  await visits.picture(page, "5-command-ran");
  await step("a setting: plan, apply, and back again", () => changeSetting(page, visits, stranger));
  await step("page reloaded: still logged in", async () => {
    await page.reload();
    await page.locator(connectedPill).waitFor();
  });

  await step("second browser: one-time link", () => secondBrowser(stranger, visits));
  await step("third browser: a wrong code is explained, the right one lets in", () =>
    codes(stranger, visits),
  );
  if (options.everyPage) await allPages(page, visits);

  await step("`npm start` again while it runs: told so, nothing disturbed", async () => {
    const again = await stranger.startAndFail();
    if (again.status === 0 || !/another gateway instance is already listening/.test(again.said))
      throw new Error(`a second start ended with ${again.status}:\n${again.said}`);
    await page.locator(connectedPill).waitFor();
  });

  await open(page, "Chat");
  await step("Ctrl-C in the middle of an answer, and the same start again", async () => {
    await send(page, "run sleep 60");
    await page.getByRole("button", { name: "Allow once" }).click();
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    visits.stopped = true;
    started.ctrlC();
    // Who does not want to wait for the answer presses it again.
    await started.hears("a second Ctrl-C");
    const again = setInterval(() => started.ctrlC(), 500);
    await started.ended.finally(() => clearInterval(again));
    await page.getByText(/The gateway is restarting|The gateway cannot be reached/).waitFor();
    await visits.picture(page, "9-stopped");
    started = await stranger.start();
    await backAgain(page);
  });
  await visits.picture(page, "10-back-again");
  await step("and once more", async () => {
    await stopCleanly(started);
    started = await stranger.start();
    await backAgain(page);
  });
  visits.stopped = false;
  await visits.picture(page, "11-phone-chat", "phone");
  await open(page, "Overview");
  await visits.picture(page, "12-phone-overview", "phone");
  await page.close();
  await stopCleanly(started);
  return { steps, firstAnswerSeconds };
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

async function open(page: Page, title: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
}

async function stopCleanly(started: Started): Promise<void> {
  started.ctrlC();
  await started.ended;
  if (/\b(?:fatal|uncaught|unhandled)\b/i.test(started.said())) throw new Error(started.said());
}

/** The same page is connected again by itself and shows what was said before, once. */
async function backAgain(page: Page): Promise<void> {
  await page.locator(connectedPill).waitFor({ timeout: waitMs });
  await page.getByText("Remembered: my deploy host is ash-3").first().waitFor();
  const times = await page.getByText("run sleep 60", { exact: true }).count();
  if (times !== 1) throw new Error(`the message of before the stop is there ${times} times`);
}

async function answerWizard(page: Page, visits: Visits): Promise<void> {
  await page.getByRole("button", { name: "Begin" }).click();
  const next = page.getByRole("button", { name: "Next" });
  const title = page.locator(".onboarding form h2");
  for (let before = ""; ;) {
    await page.getByText("Everything is set up.").or(next).first().waitFor();
    if ((await next.count()) === 0) break;
    const now = await title.innerText();
    if (now === before)
      throw new Error(`the wizard does not go on from “${now}”: ${await page.innerText(".onboarding")}`);
    before = now;
    if (now === "An agent acts") await page.getByRole("radio", { name: "Yes" }).check();
    if (now === "Model") {
      await page.getByRole("radio", { name: "Built-in model" }).check();
      await visits.picture(page, "1-setup-model");
    }
    if (now === "What will be done") await visits.picture(page, "2-setup-plan");
    await next.click();
    await page.waitForFunction(
      (old) => document.querySelector(".onboarding form h2")?.textContent !== old,
      now,
    );
  }
}

async function changeSetting(page: Page, visits: Visits, stranger: Stranger): Promise<void> {
  const before = stranger.openclaw("config", "get", "logging.level").trim();
  await open(page, "Configuration");
  await page.getByRole("searchbox", { name: "Find a setting" }).fill("logging.level");
  await page.getByLabel(/^level/).selectOption({ label: "debug" });
  await page.getByRole("button", { name: "See what it does" }).click();
  await page.getByRole("heading", { name: "What this change does" }).waitFor();
  await visits.picture(page, "6-config-plan");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Applied.").waitFor();
  expectSame("applied", stranger.openclaw("config", "get", "logging.level").trim(), "debug");
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("button", { name: "Go back to this" }).first().click();
  await visits.picture(page, "7-config-back");
  await page.getByRole("dialog").getByRole("button", { name: "Go back to this" }).click();
  await page.getByText("The file is again the version").waitFor();
  expectSame("reverted", stranger.openclaw("config", "get", "logging.level").trim(), before);
}

function expectSame(what: string, seen: string, wanted: string): void {
  if (seen !== wanted) throw new Error(`${what}: logging.level is ${JSON.stringify(seen)}, not ${wanted}`);
}

async function secondBrowser(stranger: Stranger, visits: Visits): Promise<void> {
  const page = await visits.visitor();
  await page.goto(stranger.openclaw("dashboard", "--link").trim());
  await page.locator(connectedPill).waitFor();
  if (page.url().includes("login=")) throw new Error("the link stays in the address");
  await page.context().close();
}

async function codes(stranger: Stranger, visits: Visits): Promise<void> {
  const { code } = JSON.parse(stranger.openclaw("dashboard", "--json")) as { code: string };
  const page = await visits.visitor();
  await page.goto(stranger.openclaw("dashboard", "--link").trim().replace(/#.*$/, ""));
  const field = page.getByLabel("One-time code, token or password");
  await field.fill(code.startsWith("1") ? "200000" : "100000");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("was used already").waitFor();
  await visits.picture(page, "8-wrong-code");
  await field.fill(code);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.locator(connectedPill).waitFor();
  await page.context().close();
}

/** Every page of the navigation, with axe. */
async function allPages(page: Page, visits: Visits): Promise<void> {
  const links = page.getByRole("navigation").getByRole("link");
  for (const name of await links.allInnerTexts()) {
    await open(page, name.trim());
    await page.locator("#content h1").first().waitFor();
    await page.waitForLoadState("networkidle");
    await visits.look(page, name.trim());
  }
}
