// The pages where an assistant is made one's own: agents, models and usage, automation, skills.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { nonOwnerPolicy } from "../../src/agent/settings.ts";
import type { Tool } from "../../src/agent/contract.ts";
import { toolMatrix } from "../../src/app/tool-matrix.ts";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";

const shots = process.env["OPENCLAW_SHOTS"];
const tool = (name: string, groups: string[], effect: Tool["effect"]): Tool => ({
  name,
  description: `${name} does its work.`,
  groups,
  effect,
  input: z.unknown(),
  run: () => Promise.reject(new Error("not run")),
});
const requirements = { bins: [], anyBins: [], env: [], config: [], os: [] };
const skill = (name: string, change: object) => ({
  name,
  description: `How to ${name}.`,
  source: "workspace",
  bundled: false,
  filePath: `/w/skills/${name}/SKILL.md`,
  baseDir: `/w/skills/${name}`,
  skillKey: name,
  always: false,
  disabled: false,
  blockedByAllowlist: false,
  eligible: true,
  requirements,
  missing: requirements,
  configChecks: [],
  install: [],
  given: [],
  ...change,
});

describe.skipIf(browserPath === undefined)("pages for setting up", () => {
  let ui: UiHarness;
  beforeAll(async () => {
    ui = await startUi({
      config: `{
  // ours
  gateway: { mode: "local" },
  agents: {
    defaults: { model: { primary: "test/scripted", fallbacks: ["test/second", "other/third"] } },
    list: [{ id: "main", default: true, identity: { name: "Molly", emoji: "🦞" } }, { id: "ops" }],
  },
  hooks: { enabled: true, token: "hook-token-0123456789", mappings: [{ match: { path: "ci" }, action: "agent", name: "Build" }] },
}
`,
      prepare({ services }) {
        services.toolMatrix = (agentId) =>
          toolMatrix({
            tools: [
              tool("exec", ["group:runtime"], "exec"),
              tool("read", ["group:fs"], "read"),
              tool("sessions_send", ["group:sessions"], "write"),
            ],
            settings: { global: { deny: ["exec"] }, agent: {}, byProvider: {}, nonOwner: nonOwnerPolicy },
            agentId,
            model: { provider: "test", id: "scripted" },
          });
        services.skills.status = () => ({
          workspaceDir: "/w",
          managedSkillsDir: "",
          skills: [
            skill("bake", {}),
            skill("sail", {
              eligible: false,
              primaryEnv: "SAIL_KEY",
              requirements: { ...requirements, bins: ["sextant"], env: ["SEA_KEY"] },
              missing: { ...requirements, bins: ["sextant"], env: ["SEA_KEY"] },
              install: [
                {
                  id: "npm",
                  kind: "node",
                  label: "Install sextant (npm)",
                  bins: ["sextant"],
                  command: "npm install --ignore-scripts sextant",
                  plan: "digest-of-the-plan",
                },
                {
                  id: "brew",
                  kind: "brew",
                  label: "brew",
                  bins: ["sextant"],
                  refused: "brew is not installed",
                },
              ],
            }),
          ],
        });
        services.models.status = ({ probe }) =>
          Promise.resolve([
            {
              provider: "test",
              profileId: "default",
              kind: "oauth",
              source: "credentials/test.json",
              state: probe ? "invalid" : "valid",
              ...(probe ? { detail: "401 from the platform", latencyMs: 12 } : {}),
              expiresAt: Date.now() + 86_400_000,
            },
          ]);
      },
    });
  }, 60_000);
  afterAll(() => ui.close());

  async function shoot(page: Awaited<ReturnType<UiHarness["open"]>>["page"], name: string) {
    if (shots === undefined) return;
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${shots}/${name}-${width}.png` });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  it("edits a file of an agent with the changes shown first, goes back, and minds what the agent wrote", async () => {
    const { workspace } = ui.harness;
    const path = join(workspace, "MEMORY.md");
    writeFileSync(path, "# Memory\n\n- likes tea\n");
    const { page, problems } = await ui.open(`/agents?token=${token}`);
    await page.getByText("Molly").waitFor();
    await page.getByRole("button", { name: /MEMORY\.md/ }).click();
    const editor = page.getByRole("textbox", { name: "Text of MEMORY.md" });
    await expect.poll(() => editor.inputValue()).toContain("likes tea");
    await editor.fill("# Memory\n\n- likes coffee\n");
    await shoot(page, "agents");
    await page.getByRole("button", { name: "See the changes" }).click();
    await page.locator(".diff .gone", { hasText: "likes tea" }).waitFor();
    await page.locator(".diff .new", { hasText: "likes coffee" }).waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText("MEMORY.md is saved.").waitFor();
    expect(readFileSync(path, "utf8")).toContain("likes coffee");

    await editor.fill("mine");
    writeFileSync(path, "# Memory\n\n- the agent's words\n");
    await page.getByRole("button", { name: "See the changes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText(/was changed meanwhile/).waitFor();
    expect(readFileSync(path, "utf8")).toContain("the agent's words");
    expect(await editor.inputValue()).toBe("mine");

    await page.getByRole("button", { name: "Earlier versions" }).click();
    await page.getByRole("dialog").getByRole("button", { expanded: false }).first().click();
    await page.getByRole("button", { name: "Take this text" }).click();
    await expect.poll(() => editor.inputValue()).toContain("likes tea");
    await page.getByRole("button", { name: /SOUL\.md/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard them" }).click();
    await page.getByRole("textbox", { name: "Text of SOUL.md" }).waitFor();

    await page.getByRole("tab", { name: "Tools" }).click();
    await page.getByRole("button", { name: "refused by tools.deny" }).first().waitFor();
    await shoot(page, "agents-tools");
    expect(await axeProblems(page)).toEqual([]);
    await page.getByLabel("Only tools that are refused somewhere").check();
    await page.getByRole("row", { name: /exec/ }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("shows the order of models, probes logins, and what was used by model, agent and channel", async () => {
    const { harness } = ui;
    const { runs } = harness.services;
    const { principal } = harness.connect("seed");
    for (const [key, door, model, total] of [
      ["a", "chat.send", "big", 9000],
      ["b", "channel:telegram", "small", 1000],
      ["c", "chat.send", "big", 5000],
    ] as const) {
      harness.agent.script = () => ({
        model,
        usage: { input: total, output: 0, cacheRead: 0, cacheWrite: 0, total, cost: total / 100_000 },
      });
      const { runId } = await runs.submit({ door, key, sessionKey: "main", principal, text: key });
      await runs.wait(runId, 5000);
    }
    const { page, problems } = await ui.open(`/models?token=${token}`);
    await page.locator(".failover li", { hasText: "other/third" }).waitFor();
    const row = page.getByRole("row", { name: /test\/big/ });
    expect(await row.innerText()).toContain("14K");
    expect(await row.innerText()).toContain("$0.14");
    await page.getByRole("img", { name: /tokens per day by model/ }).waitFor();
    await shoot(page, "models");
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("combobox", { name: "By" }).selectOption("door");
    await page.getByRole("row", { name: /telegram/ }).waitFor();
    await page.getByRole("combobox", { name: "Show" }).selectOption("cost");
    await page.getByRole("img", { name: /cost per day by channel/ }).waitFor();
    await page.getByRole("button", { name: "Check logins now" }).click();
    await page.getByText("401 from the platform").waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("makes a job, runs it, reads its history, pauses, changes and removes it", async () => {
    const { harness } = ui;
    const { cron } = harness.services;
    harness.agent.script = () => ({ payloads: [{ text: "three mails", mediaUrl: null }] });
    const { page, problems } = await ui.open(`/automation?token=${token}`);
    await page.getByText("/hooks/ci").waitFor();
    await page.getByRole("button", { name: "New job" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill("Mail");
    await form.getByLabel("Message").fill("look at my mail");
    await form.getByRole("radio", { name: "Cron expression" }).check();
    await form.getByRole("textbox", { name: "Cron expression" }).fill("not a cron");
    expect(await axeProblems(page)).toEqual([]);
    await form.getByRole("button", { name: "Save" }).click();
    await form.getByRole("alert").waitFor();
    await form.getByRole("radio", { name: "Every" }).check();
    await form.getByRole("spinbutton", { name: "Every" }).fill("30");
    await form.getByLabel("Schedule", { exact: true }).selectOption("minutes");
    await form.getByRole("button", { name: "Save" }).click();
    const job = page.getByRole("listitem", { name: "Mail" });
    await job.getByText(/every 30 minutes/).waitFor();
    expect(cron.list({ includeDisabled: true })[0]).toMatchObject({
      schedule: { kind: "every", everyMs: 1_800_000 },
      payload: { kind: "agentTurn", message: "look at my mail" },
    });
    await job.getByRole("button", { name: "Run now" }).click();
    await job.getByText("done", { exact: true }).waitFor();
    await shoot(page, "automation");
    expect(await axeProblems(page)).toEqual([]);
    await job.getByRole("button", { name: "Runs" }).click();
    await page.getByRole("dialog").getByText("three mails").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await job.getByRole("button", { name: "Pause" }).click();
    await job.getByText("paused").waitFor();
    await job.getByRole("button", { name: "Edit" }).click();
    await form.getByLabel("Name").fill("Post");
    await shoot(page, "automation-form");
    await form.getByRole("button", { name: "Save" }).click();
    const renamed = page.getByRole("listitem", { name: "Post" });
    await renamed.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog", { name: "Remove" }).getByRole("button", { name: "Remove" }).click();
    await page.getByText("Nothing is scheduled yet.").waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("looks around by itself: on, off, now, what came of it, and where its tasks stand", async () => {
    const { heartbeat, systemEvents } = ui.harness.services;
    ui.harness.agent.script = () => ({ reason: "silent", payloads: [] });
    await systemEvents.push({ text: "door open", source: "test" });
    heartbeat.start();
    const { page, problems } = await ui.open(`/automation?token=${token}`);
    const card = page.getByRole("region", { name: "Heartbeat" });
    const main = card.getByRole("listitem", { name: "main" });
    await main.getByText(/every 30 minutes · next in 30 min/).waitFor();
    await main.getByText("it has not looked yet").waitFor();
    await card.getByText("Reports that wait for the next look around: 1").waitFor();
    await main.getByRole("button", { name: "Look now" }).click();
    await main.getByText("all quiet").waitFor();
    ui.harness.agent.script = () => ({ payloads: [{ text: "The door is open.", mediaUrl: null }] });
    await main.getByRole("button", { name: "Look now" }).click();
    await main.getByText("The door is open.").waitFor();
    await main.getByText("No chat to send it to; it stands in the session.").waitFor();
    await shoot(page, "automation-heartbeat");
    expect(await axeProblems(page)).toEqual([]);
    await main.getByRole("button", { name: "Earlier ones" }).click();
    await page.getByRole("dialog").getByText("all quiet").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Close" }).click();
    const turn = card.getByRole("switch", { name: "Look around regularly" });
    await turn.uncheck();
    await main.getByText(/every 30 minutes · switched off/).waitFor();
    expect(heartbeat.isOn()).toBe(false);
    await turn.check();
    await main.getByText(/next in 30 min/).waitFor();
    await main.getByRole("link", { name: "Edit HEARTBEAT.md" }).click();
    await page.getByRole("textbox", { name: "Text of HEARTBEAT.md" }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("says what a skill lacks, and switches one off in the configuration", async () => {
    const { page, problems } = await ui.open(`/skills?token=${token}`);
    await page.getByText("1 of 2 can be used").waitFor();
    await page.getByText("sextant", { exact: true }).waitFor();
    await shoot(page, "skills");
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Switch off: bake" }).click();
    await page.getByText("Saved.").waitFor();
    const { paths, config, skills } = ui.harness.services;
    expect(config.read().config.skills.entries["bake"]?.enabled).toBe(false);
    await page.getByRole("button", { name: "Key and variables: sail" }).click();
    const values = page.getByRole("dialog", { name: "Key and variables of sail" });
    await values.getByLabel("SAIL_KEY").fill("k-0123456789");
    expect(await axeProblems(page)).toEqual([]);
    await values.getByRole("button", { name: "Save" }).click();
    await values.waitFor({ state: "detached" });
    expect(config.read().config.skills.entries["sail"]?.apiKey).toBe("k-0123456789");
    const asked: unknown[] = [];
    skills.install = (wish) => {
      asked.push(wish);
      const ok = asked.length > 1;
      return Promise.resolve({
        ok,
        message: ok ? "Installed sextant" : "npm ended with 1",
        stdout: "",
        stderr: "E404 <b>",
        code: 1,
      });
    };
    await page.getByText("not from here (brew is not installed)").waitFor();
    await page.getByRole("button", { name: "Install sextant (npm)" }).click();
    const install = page.getByRole("dialog", { name: "Install what sail needs" });
    await install.getByText("npm install --ignore-scripts sextant").waitFor();
    await shoot(page, "skills-install");
    expect(asked).toEqual([]);
    await install.getByRole("button", { name: "Install" }).click();
    await install.getByText("It was not installed: npm ended with 1").waitFor();
    await install.getByText("E404 <b>").waitFor();
    expect(await axeProblems(page)).toEqual([]);
    await install.getByRole("button", { name: "Install" }).click();
    await page.getByText("Installed sextant", { exact: true }).waitFor();
    expect(asked[1]).toMatchObject({ name: "sail", installId: "npm", plan: "digest-of-the-plan" });
    expect(readFileSync(paths.configPath, "utf8")).toContain("// ours");
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("speaks Japanese on a phone, without a sideways scroll", async () => {
    const { page, problems } = await ui.open(`/chat?token=${token}`, {
      locale: "ja-JP",
      viewport: { width: 390, height: 844 },
    });
    await page.locator(".link[data-state=connected]").waitFor();
    for (const name of ["overview", "channels", "sessions", "agents", "models", "automation", "skills"]) {
      await page.goto(`${ui.origin}/${name}`);
      const heading = page.locator(`main[data-page=${name}] h1`);
      await heading.waitFor();
      await expect.poll(() => page.getByText("読み込み中…").count()).toBe(0);
      expect(await heading.innerText()).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
      const tooWide = await page.locator("main").evaluate((main) => main.scrollWidth - main.clientWidth);
      expect(tooWide, name).toBe(0);
    }
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);
});
