import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { classifyLabel, classifyTask, classifyUnit } from "./names.ts";
import { readPlist } from "./plist.ts";
import { timerNames } from "./timer-text.ts";
import { resolveTimer, type TimerOptions, type TimerSpec } from "./timer.ts";

let machine: TestMachine;
afterEach(() => machine.remove());

function spec(change: Partial<TimerSpec> = {}): TimerSpec {
  return {
    job: "sentinel",
    profile: "default",
    runtime: "/usr/local/bin/node",
    script: "/opt/openclaw/bin/openclaw.js",
    args: ["gateway", "sentinel", "--once"],
    everySeconds: 20,
    stateDir: machine.stateDir,
    configPath: join(machine.stateDir, "openclaw.json"),
    logsDir: join(machine.stateDir, "logs"),
    environment: { PATH: "/usr/bin:/bin" },
    ...change,
  };
}

function timer(change: Partial<TimerOptions> = {}) {
  const { stateDir } = machine;
  const found = resolveTimer(machine.host, {
    job: "sentinel",
    profile: "default",
    stateDir,
    system: false,
    dry: false,
    ...change,
  });
  if (found === null) throw new Error("no timer here");
  return found;
}

it("no name of a timer is taken for a gateway's, whatever the profile", () => {
  machine = createTestMachine("linux");
  for (const job of ["sentinel", "backup"] as const)
    for (const profile of ["default", "work", "sentinel", "gateway", "a-b_c"]) {
      const { label, unit, task } = timerNames(job, profile);
      expect(classifyLabel(label)).toBeNull();
      expect(classifyUnit(`${unit}.service`)).toBeNull();
      expect(classifyTask(task)).toBeNull();
    }
});

describe("systemd", () => {
  it("shows two units and how they are switched on", async () => {
    machine = createTestMachine("linux");
    const { steps } = await timer({ dry: true }).install(spec());
    const [service, unit, ...commands] = steps;
    if (service?.kind !== "write" || unit?.kind !== "write") throw new Error(JSON.stringify(steps));
    expect(service.path).toBe(join(machine.home, ".config/systemd/user/openclaw-sentinel.service"));
    expect(service.text).toContain(
      "ExecStart=/usr/local/bin/node /opt/openclaw/bin/openclaw.js gateway sentinel --once\n",
    );
    expect(service.text).toContain("SuccessExitStatus=1\n");
    expect(unit.text).toContain("OnUnitActiveSec=20\n");
    expect(commands.map((step) => (step.kind === "command" ? step.text : step.kind))).toEqual([
      "systemctl --user --no-ask-password daemon-reload",
      "systemctl --user --no-ask-password enable openclaw-sentinel.timer",
      "systemctl --user --no-ask-password restart openclaw-sentinel.timer",
    ]);
    expect(existsSync(service.path)).toBe(false);
  });

  it("is not there without systemd, and refuses what could become a line of its own", async () => {
    machine = createTestMachine("linux");
    const { stateDir } = machine;
    const options = { job: "backup", profile: "default", stateDir, system: false, dry: false } as const;
    expect(resolveTimer(machine.host, options)).toBeNull();
    await expect(
      timer({ dry: true }).install(spec({ stateDir: "/x\nExecStart=/bin/sh" })),
    ).rejects.toMatchObject({ code: "SERVICE_VALUE_INVALID" });
  });
});

describe("launchd", () => {
  let launchctl: FakeManager;
  beforeEach(() => {
    machine = createTestMachine("darwin");
    launchctl = installFakeManager(machine.bin, "launchctl");
  });

  it("is loaded, left alone, replaced when it differs, and removed", async () => {
    const first = await timer().install(spec());
    expect(first.name).toBe("ai.openclaw.gateway.sentinel");
    const plist = readPlist(readFileSync(first.definitionPath, "utf8"));
    expect(plist).toMatchObject({ StartInterval: 20, RunAtLoad: false });
    expect(statSync(first.definitionPath).mode & 0o777).toBe(0o600);
    expect(await timer().inspect(spec())).toMatchObject({ installed: true, active: true, drift: null });
    const commands = launchctl.read().log.length;
    await timer().install(spec());
    expect(launchctl.read().log).toHaveLength(commands);
    expect((await timer().inspect(spec({ everySeconds: 30 }))).drift).toContain("differs");
    await timer().install(spec({ everySeconds: 30 }));
    expect((await timer().inspect(spec({ everySeconds: 30 }))).drift).toBeNull();
    expect((await timer().uninstall()).steps).toHaveLength(2);
    expect(await timer().inspect()).toMatchObject({ installed: false });
    expect((await timer().uninstall()).steps).toEqual([]);
    expect(Object.keys(launchctl.read().jobs)).toEqual([]);
  });

  it("a manager that refuses leaves the definition that was there", async () => {
    await timer().install(spec());
    const path = timer().definitionPath;
    const before = readFileSync(path, "utf8");
    launchctl.change((state) => (state.failFrom = 1));
    await expect(timer().install(spec({ everySeconds: 25 }))).rejects.toMatchObject({
      code: "SERVICE_COMMAND_FAILED",
    });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("a definition that was edited by hand is seen", async () => {
    const { definitionPath } = await timer().install(spec());
    const text = readFileSync(definitionPath, "utf8");
    writeFileSync(definitionPath, text.replace("<integer>20<", "<integer>3600<"));
    expect((await timer().inspect(spec())).drift).toContain(definitionPath);
  });
});

describe("Task Scheduler", () => {
  it("keeps the sentinel running, because it starts nothing more often than every minute", async () => {
    machine = createTestMachine("win32");
    const schtasks = installFakeManager(machine.bin, "schtasks.exe");
    const wanted = spec({ keepsRunning: true, args: ["gateway", "sentinel"] });
    await timer().install(wanted);
    const { jobs, log } = schtasks.read();
    expect(jobs["OpenClaw Sentinel"]?.pid).toBeGreaterThan(0);
    expect(jobs["OpenClaw Sentinel"]?.xml).toContain("<Interval>PT1M</Interval>");
    await timer().install(wanted);
    expect(schtasks.read().log).toEqual(log);
    const other = spec({ keepsRunning: true, args: ["gateway", "sentinel"], script: "/other/openclaw.js" });
    expect((await timer().inspect(other)).drift).toContain("OpenClaw Sentinel");
    await timer().uninstall();
    expect(schtasks.read().jobs).toEqual({});
    expect(existsSync(timer().definitionPath)).toBe(false);
  });
});
