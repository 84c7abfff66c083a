import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import type { Supervisor } from "./contract.ts";
import { launchdSupervisor } from "./launchd.ts";

// Against a stand-in for launchctl (test/fakes/launchctl.mjs); no macOS here.
let machine: TestMachine;
let launchctl: FakeManager;
let service: Supervisor;
const target = "gui/501/ai.openclaw.gateway";

beforeEach(() => {
  machine = createTestMachine("darwin");
  launchctl = installFakeManager(machine.bin, "launchctl");
  service = launchdSupervisor(machine.host, { profile: "default", dry: false });
});
afterEach(() => machine.remove());

const plist = () => join(machine.home, "Library", "LaunchAgents", "ai.openclaw.gateway.plist");
const jobs = () => Object.keys(launchctl.read().jobs);

describe("launchd with a stand-in for launchctl", () => {
  it("installs, reports, stops for good, starts and leaves nothing", async () => {
    expect(await service.inspect()).toMatchObject({ installed: false, runtime: "stopped" });
    const change = await service.install(machine.spec(), { start: true });
    expect(change).toMatchObject({ started: true, definitionPath: plist() });
    expect(statSync(plist()).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(change.steps)).not.toContain("tok-1234567890");
    expect(await service.inspect()).toMatchObject({ installed: true, runtime: "running", pid: 1000 });
    await service.stop();
    expect(jobs()).toEqual([]);
    expect(await service.inspect()).toMatchObject({ installed: true, runtime: "stopped", pid: null });
    await service.stop();
    await service.start();
    await service.start();
    expect(await service.inspect()).toMatchObject({ runtime: "running", pid: 1001 });
    await service.uninstall();
    expect(jobs()).toEqual([]);
    expect(existsSync(plist())).toBe(false);
    await service.uninstall();
    await expect(service.start()).rejects.toMatchObject({ code: "SERVICE_NOT_INSTALLED" });
  });

  it("uses the user domain, and the old verbs, where there is no desktop", async () => {
    launchctl.change((state) => (state.missingDomains = ["gui/501"]));
    await service.install(machine.spec(), { start: true });
    expect(jobs()).toEqual(["user/501/ai.openclaw.gateway"]);
    expect((await service.inspect()).runtime).toBe("running");
    await service.uninstall();
    launchctl.change((state) => (state.missingDomains = ["gui/501"]));
    // enable, bootstrap gui, enable, bootstrap user: the last one fails, `load -w` does it.
    launchctl.change((state) => (state.failAt = 3));
    await service.install(machine.spec(), { start: true });
    expect(launchctl.read().log.at(-1)).toBe(`load -w ${plist()}`);
    expect((await service.inspect()).runtime).toBe("running");
  });

  it("restarts with a new process, and the job is loaded whatever fails", async () => {
    await service.install(machine.spec(), { start: true });
    await service.restart();
    expect((await service.inspect()).pid).toBe(1001);
    for (const [failAt, succeeds] of [
      [0, true], // kickstart fails: its process is ended, KeepAlive starts another
      [1, true], // nothing left to fail
    ] as const) {
      launchctl.change((state) => (state.failAt = failAt));
      const before = (await service.inspect()).pid;
      const restarted = await service.restart().then(
        () => true,
        () => false,
      );
      expect(restarted).toBe(succeeds);
      expect((await service.inspect()).pid).not.toBe(before);
    }
    launchctl.change((state) => (state.failFrom = 0));
    await expect(service.restart()).rejects.toMatchObject({ code: "SERVICE_COMMAND_FAILED" });
    expect(jobs()).toEqual([target]);
    expect(launchctl.read().log.some((line) => line.startsWith("bootout"))).toBe(false);
  });

  it("loads a job that somebody unloaded", async () => {
    await service.install(machine.spec(), { start: true });
    await service.stop();
    await service.restart();
    expect((await service.inspect()).runtime).toBe("running");
  });

  it("tells that a process does not stay up, and keeps the job", async () => {
    launchctl.change((state) => (state.exits = 78));
    await expect(service.install(machine.spec(), { start: true })).rejects.toMatchObject({
      code: "SERVICE_START_FAILED",
      message: expect.stringContaining("last exit 78") as string,
    });
    expect(jobs()).toEqual([target]);
    expect(await service.inspect()).toMatchObject({ installed: true, runtime: "exited" });
  });

  it("whatever step of a reinstallation fails, either definition is in place and loaded", async () => {
    await service.install(machine.spec(), { start: true });
    let current = 18_789;
    for (let failAt = 0; failAt < 4; failAt++) {
      launchctl.change((state) => (state.failAt = failAt));
      const port = 19_000 + failAt;
      const installed = await service.install(machine.spec({ port }), { start: true }).then(
        () => true,
        () => false,
      );
      const now = await service.inspect();
      if (installed) current = port;
      expect({ failAt, runtime: now.runtime, port: now.facts?.port }).toEqual({
        failAt,
        runtime: "running",
        port: current,
      });
    }
    launchctl.change((state) => delete state.failAt);
    const old = readFileSync(plist(), "utf8");
    launchctl.change((state) => (state.failFrom = 1));
    await expect(service.install(machine.spec({ port: 19_100 }), { start: true })).rejects.toThrow();
    // Nothing loads any more, but the definition that was there is there.
    expect(readFileSync(plist(), "utf8")).toBe(old);
  });

  it("dry: shows every step and touches nothing", async () => {
    const dry = launchdSupervisor(machine.host, { profile: "default", dry: true });
    const change = await dry.install(machine.spec(), { start: true });
    expect(change.steps.map((step) => step.kind)).toContain("write");
    expect(change.steps.filter((step) => step.kind === "command").map((step) => step.text)).toContain(
      `launchctl bootstrap gui/501 ${plist()}`,
    );
    expect(existsSync(plist())).toBe(false);
    expect(launchctl.read().log).toEqual([]);
  });

  it("finds older names and strangers with our marker, and no profile's service", async () => {
    await service.install(machine.spec(), { start: true });
    await launchdSupervisor(machine.host, { profile: "work", dry: false }).install(
      machine.spec({ profile: "work", stateDir: join(machine.home, ".openclaw-work") }),
      { start: true },
    );
    const folder = join(machine.home, "Library", "LaunchAgents");
    const copy = (label: string, change = (text: string) => text) =>
      writeFileSync(
        join(folder, `${label}.plist`),
        change(readFileSync(plist(), "utf8")).replace("ai.openclaw.gateway", label),
      );
    copy("bot.molt.gateway");
    copy("com.openclaw.gateway");
    copy("org.example.bot", (text) => text.replaceAll(machine.stateDir, "/srv/other"));
    copy("org.example.unrelated", (text) => text.replace("OPENCLAW_SERVICE_MARKER", "OTHER_MARKER"));
    writeFileSync(join(folder, "broken.plist"), "bplist00\u0000");
    const found = Object.fromEntries((await service.scan()).map(({ name, status }) => [name, status]));
    expect(found).toEqual({
      "ai.openclaw.gateway": "current",
      "ai.openclaw.work": "profile",
      "bot.molt.gateway": "legacy",
      "com.openclaw.gateway": "legacy",
      "org.example.bot": "extra",
    });
    const legacy = (await service.scan()).find(({ name }) => name === "bot.molt.gateway");
    if (!legacy) throw new Error("not found");
    expect(legacy.removal[0]).toBe("launchctl bootout gui/501/bot.molt.gateway");
    await service.remove(legacy);
    expect(existsSync(legacy.path)).toBe(false);
  });
});
