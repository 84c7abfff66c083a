import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../../../test/support/service-host.ts";
import { openContext } from "../../context.ts";
import { createOutput } from "../../output.ts";
import { nodePlatform } from "../../platform-node.ts";
import { controlNode, type NodeAction } from "./control.ts";
import { installNode } from "./install.ts";
import { nodeServiceReport } from "./service-report.ts";
import { openStatusFile } from "../../node-status-file.ts";

// The commands on a Mac that is a temporary folder, with a stand-in for launchctl.
let machine: TestMachine;
let launchctl: FakeManager;
let photos: string;
beforeEach(() => {
  machine = createTestMachine("darwin");
  launchctl = installFakeManager(machine.bin, "launchctl");
  photos = join(machine.home, "my photos");
  mkdirSync(photos);
});
afterEach(() => machine.remove());

async function run(
  what: "install" | "report" | NodeAction,
  options: Record<string, unknown> = {},
  given: { profile?: string; env?: Record<string, string> } = {},
) {
  const { profile = "default" } = given;
  let [stdout, stderr] = ["", ""];
  const { context, close } = await openContext({
    globals: { profile, dev: false, color: false, verbose: false },
    env: { HOME: machine.home, ...given.env },
    out: createOutput({
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      color: false,
    }),
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  });
  try {
    const host = { ...machine.host, env: context.env };
    if (what === "report") context.out.json(await nodeServiceReport(context, host));
    else if (what === "install") await installNode(context, options, host);
    else await controlNode(context, { action: what, options, host });
    return { stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
  } finally {
    close();
  }
}

const plistPath = (label = "ai.openclaw.gateway.node") =>
  join(machine.home, "Library", "LaunchAgents", `${label}.plist`);
const plist = (label?: string) => readFileSync(plistPath(label), "utf8");
const url = "wss://gateway.example.net";
const setupCode = (token: string) =>
  Buffer.from(JSON.stringify({ url, bootstrapToken: token })).toString("base64url");

describe("node install", () => {
  it("keeps what it was told in the definition; again, without options, changes nothing", async () => {
    const given = { url, tlsFingerprint: "ab".repeat(32), shareWrite: [photos], displayName: "den" };
    const first = await run("install", given);
    expect(first.stdout).toMatch(/^Service installed and started\nService: +ai\.openclaw\.gateway\.node/);
    for (const word of ["node", "run", "--url", url, "--tls-fingerprint", "--share-write", "den"])
      expect(plist()).toContain(`<string>${word}</string>`);
    expect(plist()).toContain(`<string>${realpathSync(photos)}</string>`);
    const commands = launchctl.read().log.length;
    expect((await run("install", { json: true })).json()).toMatchObject({
      result: "unchanged",
      started: true,
      url,
      displayName: "den",
    });
    expect(launchctl.read().log).toHaveLength(commands);
    expect((await run("report")).json()).toMatchObject({ installed: true, runtime: "running", drift: [] });
  });

  it("refuses other options without --force, and takes them with it", async () => {
    await run("install", { url, share: [photos] });
    await expect(run("install", { shares: false })).rejects.toMatchObject({
      code: "SERVICE_EXISTS",
      message: expect.stringContaining("--no-shares") as string,
    });
    await run("install", { shares: false, force: true });
    expect(plist()).toContain("<string>--no-shares</string>");
    expect(plist()).not.toContain("my photos");
    expect(plist()).toContain(url);
  });

  it("takes address and way in from a setup code, which only the 0600 definition holds", async () => {
    const dry = await run("install", { setupCode: setupCode("boot-token-1234"), dryRun: true });
    expect(dry.stdout).toContain("$ launchctl bootstrap gui/501 ");
    expect(dry.stdout).not.toContain("boot-token-1234");
    expect([existsSync(plistPath()), existsSync(join(machine.stateDir, "node.json"))]).toEqual([
      false,
      false,
    ]);
    await run("install", { setupCode: setupCode("boot-token-1234") });
    expect(plist()).toContain("<key>OPENCLAW_GATEWAY_TOKEN</key>");
    expect(plist()).toContain("boot-token-1234");
    expect(readFileSync(join(machine.stateDir, "node.json"), "utf8")).not.toContain("boot-token-1234");
  });

  it("keeps a token for its gateway, and shows it to no other", async () => {
    await run("install", { url }, { env: { OPENCLAW_GATEWAY_TOKEN: "token-of-the-first" } });
    await run("install", { displayName: "den", force: true });
    expect(plist()).toContain("token-of-the-first");
    await run("install", { url: "wss://another.example.net", force: true });
    expect(plist()).not.toContain("token-of-the-first");
  });

  it("refuses beside a node host in the foreground", async () => {
    const since = Date.now();
    openStatusFile(machine.stateDir).write({
      pid: process.pid,
      state: "connected",
      url,
      at: since,
      detail: null,
    });
    await expect(run("install", { url })).rejects.toMatchObject({ code: "NODE_RUNNING" });
    expect(existsSync(plistPath())).toBe(false);
  });

  it("has a service for each profile", async () => {
    await run("install", { url });
    await run("install", { url: "wss://work.example.net" }, { profile: "work" });
    expect(plist("ai.openclaw.work.node")).toContain("--profile");
    await run("uninstall", {}, { profile: "work" });
    expect(Object.keys(launchctl.read().jobs)).toEqual(["gui/501/ai.openclaw.gateway.node"]);
  });
});

describe("node start, stop, restart, uninstall, status", () => {
  it("say what they did, also when there was nothing to do", async () => {
    await run("install", { url });
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
    await expect(run("start")).rejects.toMatchObject({
      code: "SERVICE_NOT_INSTALLED",
      hint: "openclaw node install",
    });
    expect((await run("report")).json()).toMatchObject({ installed: false, detail: "not installed" });
  });

  it("status names what the definition and node.json do not agree on", async () => {
    await run("install", { url, start: false });
    const path = join(machine.stateDir, "node.json");
    const stored = JSON.parse(readFileSync(path, "utf8")) as object;
    const { openNodeFile } = await import("../../../node-host/index.ts");
    openNodeFile(machine.stateDir).write({ version: 1, ...stored, url: "wss://elsewhere.example.net" });
    expect((await run("report")).json()).toMatchObject({
      installed: true,
      runtime: "stopped",
      drift: [{ what: "options", repair: "openclaw node install --force" }],
    });
  });
});
