import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import type { Supervisor } from "./contract.ts";
import { schtasksSupervisor } from "./schtasks.ts";

// Against a stand-in for schtasks.exe (test/fakes/schtasks.mjs); no Windows here.
let machine: TestMachine;
let schtasks: FakeManager;
let service: Supervisor;

beforeEach(() => {
  machine = createTestMachine("win32");
  schtasks = installFakeManager(machine.bin, "schtasks.exe");
  service = schtasksSupervisor(machine.host, { profile: "default", stateDir: machine.stateDir, dry: false });
});
afterEach(() => machine.remove());

const task = () => schtasks.read().jobs["OpenClaw Gateway"];

describe("the task scheduler with a stand-in for schtasks.exe", () => {
  it("installs, reports, stops, starts, restarts and leaves nothing", async () => {
    expect(await service.inspect()).toMatchObject({ installed: false });
    await service.install(machine.spec(), { start: true });
    expect(task()?.xml).not.toContain("tok-1234567890");
    const state = await service.inspect();
    expect(state).toMatchObject({ installed: true, runtime: "running" });
    expect(state.facts).toMatchObject({ port: 18789, stateDir: machine.stateDir, marked: true });
    expect(state.facts?.token?.reveal()).toBe("tok-1234567890");
    await service.stop();
    expect((await service.inspect()).runtime).toBe("stopped");
    await service.start();
    await service.start();
    const pid = task()?.pid;
    await service.restart();
    expect(task()?.pid).not.toBe(pid);
    await service.uninstall();
    expect(schtasks.read().jobs).toEqual({});
    expect(existsSync(join(machine.stateDir, "service.env"))).toBe(false);
    await service.uninstall();
    await expect(service.stop()).rejects.toMatchObject({ code: "SERVICE_NOT_INSTALLED" });
  });

  it("a refused creation leaves the old task and its files", async () => {
    await service.install(machine.spec(), { start: true });
    const before = { xml: task()?.xml, env: readFileSync(join(machine.stateDir, "service.env"), "utf8") };
    schtasks.change((state) => (state.failAt = 0));
    await expect(service.install(machine.spec({ port: 19_000 }), { start: true })).rejects.toMatchObject({
      code: "SERVICE_COMMAND_FAILED",
    });
    expect({ xml: task()?.xml, env: readFileSync(join(machine.stateDir, "service.env"), "utf8") }).toEqual(
      before,
    );
    expect(task()?.pid).not.toBeNull();
  });

  it("a start that does not last is an error", async () => {
    schtasks.change((state) => (state.exits = 1));
    await expect(service.install(machine.spec(), { start: true })).rejects.toMatchObject({
      code: "SERVICE_START_FAILED",
    });
    expect(task()).toBeDefined();
  });

  it("knows its own names and the older ones", async () => {
    await service.install(machine.spec(), { start: false });
    schtasks.change((state) => {
      const xml = state.jobs["OpenClaw Gateway"]?.xml ?? "";
      state.jobs["Clawdbot Gateway"] = { xml, pid: null };
      state.jobs["OpenClaw Gateway (work)"] = { xml, pid: null };
      state.jobs["Backup"] = { xml: "<Task/>", pid: null };
    });
    const found = Object.fromEntries((await service.scan()).map(({ name, status }) => [name, status]));
    expect(found).toEqual({
      "OpenClaw Gateway": "current",
      "Clawdbot Gateway": "legacy",
      "OpenClaw Gateway (work)": "profile",
    });
  });
});
