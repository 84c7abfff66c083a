import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../../../test/support/service-host.ts";
import { openContext } from "../../context.ts";
import { createOutput } from "../../output.ts";
import { nodePlatform } from "../../platform-node.ts";
import { control, type Action } from "./control.ts";
import { install } from "./install.ts";

// The commands on a Mac that is a temporary folder, with a stand-in for launchctl.
let machine: TestMachine;
let launchctl: FakeManager;
let config: Record<string, unknown>;
beforeEach(() => {
  machine = createTestMachine("darwin");
  launchctl = installFakeManager(machine.bin, "launchctl");
  config = { gateway: { mode: "local", auth: { token: "configured-token-1234" } } };
});
afterEach(() => machine.remove());

async function run(
  what: "install" | Action,
  options: Record<string, unknown> = {},
  given: { profile?: string; env?: Record<string, string> } = {},
) {
  const { profile = "default" } = given;
  const stateDir = join(machine.home, profile === "default" ? ".openclaw" : `.openclaw-${profile}`);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const configPath = join(stateDir, "openclaw.json");
  if (!existsSync(configPath)) writeFileSync(configPath, JSON.stringify(config), { mode: 0o600 });
  let [stdout, stderr] = ["", ""];
  const out = createOutput({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    color: false,
  });
  const { context, close } = await openContext({
    globals: { profile, dev: false, color: false, verbose: false },
    env: { HOME: machine.home, ...given.env },
    out,
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  });
  try {
    const host = { ...machine.host, env: context.env };
    const status =
      what === "install"
        ? await install(context, options, host)
        : await control(context, { action: what, options, host });
    return { status, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
  } finally {
    close();
  }
}

const plist = (label = "ai.openclaw.gateway") =>
  readFileSync(join(machine.home, "Library", "LaunchAgents", `${label}.plist`), "utf8");

describe("gateway install", () => {
  it("installs and starts; again changes nothing; the configured token stays where it is", async () => {
    const first = await run("install");
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toMatch(
      /^Service installed and started\nService: +ai\.openclaw\.gateway \(launchd\)/,
    );
    expect(plist()).not.toContain("configured-token-1234");
    expect(plist()).toContain(`<string>${process.execPath}</string>`);
    const commands = launchctl.read().log.length;
    const again = (await run("install", { json: true })).json();
    expect(again).toMatchObject({
      ok: true,
      result: "unchanged",
      started: true,
      port: 18789,
      kind: "launchd",
    });
    expect(launchctl.read().log).toHaveLength(commands);
  });

  it("refuses a different definition without --force, and says what differs", async () => {
    await run("install");
    await expect(run("install", { port: "19005" })).rejects.toMatchObject({
      code: "SERVICE_EXISTS",
      message: expect.stringContaining("the service listens on port 18789") as string,
      hint: "openclaw gateway install --force",
    });
    expect((await run("install", { port: "19005", force: true, json: true })).json()).toMatchObject({
      port: 19005,
    });
    expect(plist()).toContain("<string>19005</string>");
  });

  it("keeps a person's NODE_OPTIONS", async () => {
    await run("install");
    const path = join(machine.home, "Library", "LaunchAgents", "ai.openclaw.gateway.plist");
    writeFileSync(path, plist().replace("--max-old-space-size=2048", "--max-old-space-size=1536"));
    await run("install", { force: true });
    expect(plist()).toContain("--max-old-space-size=1536");
  });

  it("embeds a token that is nowhere else, and keeps it", async () => {
    config = { gateway: { mode: "local" } };
    await run("install", {}, { env: { OPENCLAW_GATEWAY_TOKEN: "only-in-the-environment" } });
    expect(plist()).toContain("only-in-the-environment");
    await run("install", { force: true });
    expect(plist()).toContain("only-in-the-environment");
  });

  it("--dry-run shows commands and files without secrets, and writes nothing", async () => {
    const { stdout } = await run("install", { dryRun: true, token: "dry-run-token-1234" });
    expect(stdout).toContain("$ launchctl bootstrap gui/501 ");
    expect(stdout).toContain("(mode 0600)");
    expect(stdout).toContain("<string>[secret]</string>");
    expect(stdout).not.toContain("dry-run-token-1234");
    expect(existsSync(join(machine.home, "Library"))).toBe(false);
    expect(launchctl.read().log).toEqual([]);
  });

  it("refuses where the gateway would refuse to start", async () => {
    config = {};
    await expect(run("install")).rejects.toMatchObject({ code: "GATEWAY_START_BLOCKED" });
    expect(existsSync(join(machine.home, "Library"))).toBe(false);
    expect((await run("install", { start: false })).stdout).toContain(
      "start it with `openclaw gateway start`",
    );
  });

  it("warns loudly of bun, and refuses one that is not there", async () => {
    await expect(run("install", { runtime: "bun" })).rejects.toMatchObject({
      code: "SERVICE_RUNTIME_MISSING",
    });
    mkdirSync(join(machine.home, ".bun", "bin"), { recursive: true });
    writeFileSync(join(machine.home, ".bun", "bin", "bun"), "#!/bin/sh\n", { mode: 0o755 });
    const { stderr } = await run("install", { runtime: "bun" });
    expect(stderr).toMatch(/^WARNING: Bun is not supported for the service/);
  });

  it("gives a new profile a port of its own and writes it down", async () => {
    const { stdout } = await run("install", { json: true }, { profile: "rescue" });
    const { port } = JSON.parse(stdout) as { port: number };
    expect(port).toBeGreaterThanOrEqual(19_789);
    expect(plist("ai.openclaw.rescue")).toContain("--profile");
    expect(readFileSync(join(machine.home, ".openclaw-rescue", "openclaw.json"), "utf8")).toContain(
      String(port),
    );
    expect((await run("install", { json: true }, { profile: "dev" })).json()).toMatchObject({ port: 19001 });
  });

  it("removes a service of an older name on the same state with --force", async () => {
    await run("install");
    const folder = join(machine.home, "Library", "LaunchAgents");
    writeFileSync(
      join(folder, "bot.molt.gateway.plist"),
      plist().replace("ai.openclaw.gateway", "bot.molt.gateway"),
    );
    const { stdout } = await run("install", { force: true });
    expect(stdout).toContain("removed bot.molt.gateway");
    expect(existsSync(join(folder, "bot.molt.gateway.plist"))).toBe(false);
  });
});

describe("the sentinel's timer", () => {
  const told = { gateway: { mode: "local" }, sentinel: { command: ["/usr/bin/true"] } };
  const label = "ai.openclaw.gateway.sentinel";

  it("comes with the service when somebody is to be told, and goes with it", async () => {
    config = told;
    expect((await run("install")).stdout).toContain("tells you when it is down");
    expect(plist(label)).toContain("<string>--once</string>");
    expect((await run("install", { json: true })).json()).toMatchObject({ sentinel: "unchanged" });
    await run("uninstall");
    expect(Object.keys(launchctl.read().jobs)).toEqual([]);
  });

  it("is not there when nobody is told, unless it is asked for", async () => {
    expect((await run("install", { json: true })).json()).toMatchObject({ sentinel: "none" });
    const asked = await run("install", { sentinel: true });
    expect(asked.stderr).toContain("The sentinel tells nobody yet");
    expect(plist(label)).toContain("sentinel");
    expect((await run("install", { json: true, sentinel: false })).json()).toMatchObject({
      sentinel: "removed",
    });
    expect(Object.keys(launchctl.read().jobs)).toHaveLength(1);
  });

  it("is shown by --dry-run", async () => {
    config = told;
    const { stdout } = await run("install", { dryRun: true });
    expect(stdout).toContain(`${label}.plist (mode 0600)`);
    expect(launchctl.read().log).toEqual([]);
  });

  it("that cannot be loaded does not take the service down", async () => {
    config = told;
    await run("install", { sentinel: false });
    launchctl.change((state) => (state.failFrom = 0));
    const second = await run("install", { json: true });
    expect(second.json()).toMatchObject({ ok: true, sentinel: "failed" });
    expect(Object.keys(launchctl.read().jobs)).toHaveLength(1);
  });
});

describe("gateway start, stop, restart, uninstall", () => {
  it("say what they did, also when there was nothing to do", async () => {
    await run("install");
    const said: string[] = [];
    for (const action of ["start", "stop", "stop", "start", "restart", "uninstall", "uninstall"] as const)
      said.push((await run(action)).stdout.trim());
    expect(said).toEqual([
      "Service is already running",
      "Service stopped",
      "Service is already stopped",
      "Service started",
      "Service restarted",
      "Service uninstalled",
      "Service not installed",
    ]);
  });

  it("without a service: the way to get one", async () => {
    for (const action of ["start", "stop", "restart"] as const) {
      await expect(run(action)).rejects.toMatchObject({
        code: "SERVICE_NOT_INSTALLED",
        hint: expect.stringContaining("openclaw gateway install") as string,
      });
    }
  });

  it("--dry-run shows the command and runs none", async () => {
    await run("install");
    const commands = launchctl.read().log.length;
    expect((await run("restart", { dryRun: true })).stdout).toContain(
      "$ launchctl kickstart -k gui/501/ai.openclaw.gateway",
    );
    expect(launchctl.read().log).toHaveLength(commands);
  });

  it("a failed start is in the exit status and the words", async () => {
    await run("install");
    await run("stop");
    launchctl.change((state) => (state.exits = 78));
    await expect(run("start")).rejects.toMatchObject({ code: "SERVICE_START_FAILED" });
    await expect(run("restart")).rejects.toMatchObject({ code: "SERVICE_START_FAILED" });
  });
});
