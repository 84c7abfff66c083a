// What waits for somebody, channels with their logins, and conversations in detail.
import { chmodSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDoctorDesk } from "../../src/app/doctor-desk.ts";
import { axeProblems, browserPath, startUi, token, type UiHarness } from "./harness.ts";
import { scriptedAccounts } from "./scripted-accounts.ts";

const shots = process.env["OPENCLAW_SHOTS"];

describe.skipIf(browserPath === undefined)("what needs somebody", () => {
  let ui: UiHarness;
  const accounts = scriptedAccounts();
  beforeAll(async () => {
    ui = await startUi({
      prepare(harness) {
        accounts.prepare(harness);
        const { services } = harness;
        const { paths, version, clock } = services;
        services.doctor = createDoctorDesk({ paths, env: {}, version, clock });
      },
    });
    await accounts.start();
  }, 60_000);
  afterAll(async () => {
    await accounts.stop();
    await ui.close();
  });

  const open = (path: string, options?: Parameters<UiHarness["open"]>[1]) => ui.open(path, options);
  async function shoot(page: Awaited<ReturnType<UiHarness["open"]>>["page"], name: string) {
    if (shots === undefined) return;
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: false });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  it("decides what waits on the overview, and repairs what the doctor finds", async () => {
    const { services } = ui.harness;
    const { ledger, pairing, approvals, paths, clock } = services;
    await approvals.request(
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
      600_000,
    );
    pairing.request({ channel: "scripted", account: "default" }, { id: "42", chatId: "42", name: "Aki <b>" });
    for (const key of ["lost", "refused"]) {
      const { row } = await ledger.enqueueDelivery({
        key,
        runId: null,
        target: { channel: "elsewhere", account: "default", to: "7" },
        text: `text of ${key}`,
      });
      await ledger.claimDelivery(clock.now());
      await ledger.settleDelivery(
        row.id,
        { kind: key === "lost" ? "unknown" : "dead", error: "no answer" },
        clock.now(),
      );
    }
    chmodSync(paths.stateDir, 0o755);
    const { page, problems } = await open(`/overview?token=${token}`);
    await page.getByText("rm -rf ./build").waitFor();
    await page.getByText("Aki <b> asks to talk").waitFor();
    await page.getByText("Nobody knows whether a message to elsewhere:7 arrived").waitFor();
    const finding = page.locator(".findings > li", { hasText: "0755" }).first();
    await finding.getByText("What a repair would change").click();
    await finding.getByText("0755 → 0700").first().waitFor();
    await shoot(page, "overview");
    expect(await axeProblems(page)).toEqual([]);

    await finding.getByRole("button", { name: "Repair" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Repair" }).click();
    await page.getByText("Repaired.").waitFor();
    expect(statSync(paths.stateDir).mode & 0o777).toBe(0o700);
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByText("Taken back.").waitFor();
    expect(statSync(paths.stateDir).mode & 0o777).toBe(0o755);

    await page.getByRole("button", { name: "Deny" }).click();
    await expect.poll(() => approvals.get("ap-1")?.decision).toBe("deny");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await expect.poll(() => pairing.list().approved.map(({ id }) => id)).toEqual(["42"]);
    const lost = page.locator(".rows > li", { hasText: "Nobody knows" });
    await lost.getByRole("button", { name: "Drop" }).click();
    await page.getByRole("dialog", { name: "Drop" }).getByRole("button", { name: "Drop" }).click();
    await lost.waitFor({ state: "detached" });
    const refused = page.locator(".rows > li", { hasText: "text of refused" });
    await refused.getByRole("button", { name: "Send again" }).click();
    await refused.waitFor({ state: "detached" });
    expect(ledger.deliveries({ key: "refused" })[0]?.state).toBe("pending");
    await page.getByRole("heading", { name: "Nothing waits for you." }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("shows channels with evidence and trouble, logs in by QR code, lets senders in", async () => {
    const { pairing } = ui.harness.services;
    pairing.request({ channel: "scripted", account: "default" }, { id: "77", chatId: "77", name: "Bo" });
    accounts.accountOf("spare")?.trouble({
      code: "TOKEN_REVOKED",
      message: "the platform no longer knows this token",
      hint: "openclaw channels login --channel scripted",
      fatal: true,
    });
    const { page, problems } = await open(`/channels?token=${token}`);
    const spare = page.getByRole("region", { name: "Scripted spare" });
    await spare.getByText("the platform no longer knows this token").waitFor();
    await spare.getByText("openclaw channels login --channel scripted").waitFor();
    await page.getByRole("button", { name: "Approve as owner" }).waitFor();
    await shoot(page, "channels");
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Approve as owner" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Approve as owner" }).click();
    await expect
      .poll(() => pairing.list().approved)
      .toContainEqual(expect.objectContaining({ id: "77", owner: true }));

    await spare.getByRole("button", { name: /Log in/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("img", { name: "QR code to log in" }).waitFor();
    await shoot(page, "channels-login");
    expect(await axeProblems(page)).toEqual([]);
    await dialog.getByLabel(/Phone number/).fill("+15550100");
    await dialog.getByRole("button", { name: "Get a code" }).click();
    await dialog.getByText("ABCD-1234").waitFor();
    accounts.loggedIn("Bo's phone");
    await dialog.getByText("logged in as Bo's phone").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Set up Webhook" }).click();
    const setup = page.getByRole("dialog", { name: "Set up Webhook" });
    await setup.getByLabel(/Shared secret/).fill("short");
    await setup.getByLabel(/Address replies/).fill("https://example.org/replies");
    await shoot(page, "channels-add");
    expect(await axeProblems(page)).toEqual([]);
    await setup.getByRole("button", { name: "Save" }).click();
    await setup.getByText("needs at least 16 characters").waitFor();
    await setup.getByLabel(/Shared secret/).fill("long enough to be a secret");
    await setup.getByRole("button", { name: "Save" }).click();
    await page.getByText("Webhook is set up.").waitFor();
    expect(ui.harness.services.config.read().parsed).toMatchObject({
      channels: { webhook: { enabled: true, url: "https://example.org/replies" } },
    });
    await page.getByRole("button", { name: "Check all now" }).click();
    await page.getByText("Checked.").first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);

  it("finds a session, explains its runs, changes and deletes it", async () => {
    const { harness } = ui;
    const { runs, sessions } = harness.services;
    const { principal } = harness.connect("seed");
    const talk = async (key: string, sessionKey: string) => {
      const { runId } = await runs.submit({
        door: "chat.send",
        key,
        sessionKey,
        principal,
        text: `please ${key}`,
      });
      await runs.wait(runId, 5000);
    };
    harness.agent.script = () => ({
      payloads: [{ text: "done", mediaUrl: null }],
      usage: { input: 1000, output: 200, cacheRead: 0, cacheWrite: 0, total: 1200, cost: 0.0123 },
    });
    await talk("good", "agent:main:plans");
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "no key for this provider" },
    });
    await talk("bad", "agent:main:plans");
    await talk("else", "agent:ops:other");
    const { page, problems } = await open(`/sessions?token=${token}`);
    await page.getByRole("link", { name: "please else" }).waitFor();
    await shoot(page, "sessions");
    await page.getByLabel("Find a session").fill("plans");
    await page.getByRole("link", { name: "please else" }).waitFor({ state: "detached" });
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("link", { name: "please good" }).click();
    await page.getByText("no key for this provider").waitFor();
    await page.getByText("$0.0123").waitFor();
    await page.getByLabel("Label").fill("Trip plans");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Trip plans" }).waitFor();
    await page.getByLabel("Thinking").selectOption("high");
    await expect.poll(() => sessions.get("agent:main:plans")?.settings.thinkingLevel).toBe("high");
    await shoot(page, "session");
    await page.getByRole("button", { name: "Why?" }).first().click();
    await page.getByRole("dialog").getByText("no model could answer").waitFor();
    await shoot(page, "session-why");
    expect(await axeProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete" }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    expect(sessions.get("agent:main:plans")).toBeNull();
    expect(problems).toEqual([]);
    await page.close();
  }, 40_000);
});
