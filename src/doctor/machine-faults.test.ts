// Faults that need more than one look: the machine's own service, a restore that was killed, a migration that was made.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createDoctorHome, type DoctorHome } from "../../test/support/doctor-home.ts";
import { place } from "../../test/support/doctor-machine.ts";

let home: DoctorHome | undefined;
afterEach(() => {
  home?.remove();
  home = undefined;
});
const start = () => (home = createDoctorHome());

describe("the machine's own service", () => {
  const install = (home: DoctorHome, args: string) => {
    const folder = join(home.home, "etc");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "openclaw-gateway.service"),
      `[Service]\nUser=pat\nExecStart=/usr/bin/node /opt/openclaw/bin/openclaw.js gateway ${args}\nEnvironment=OPENCLAW_STATE_DIR=${home.paths.stateDir}\n`,
    );
  };
  const drift = (findings: Awaited<ReturnType<ReturnType<DoctorHome["doctor"]>["report"]>>["findings"]) =>
    findings.filter(({ id }) => id === "service-drift");

  it("is compared, and mended by root", async () => {
    const started = start();
    install(started, "--port 19999");
    const before = started.picture();
    const service = place(started.home, { uid: 0 });
    const doctor = started.doctor({ service });
    const report = await doctor.report("doctor");
    expect(drift(report.findings).map(({ evidence }) => evidence)).toEqual([
      expect.stringMatching(/openclaw-gateway\.service.*port 19999; the configuration says 18789/),
    ]);
    expect(report.findings.map(({ id }) => id)).toContain("service-down");
    const plan = doctor.plan({ ...report, findings: drift(report.findings) }, ["forced"]);
    expect(plan.changes).toMatchObject([
      { kind: "command", shown: "openclaw gateway install --force --system" },
    ]);
    await doctor.apply(plan);
    expect(drift((await started.doctor({ service }).report("doctor")).findings)).toEqual([]);
    started.doctor({ service }).undo(undefined, { force: false });
    // The stand-in of the package came after the first picture.
    expect(started.picture()).toMatchObject(before);
  });

  it("is only told of to somebody else, and not at all when it serves another state", async () => {
    const started = start();
    install(started, "--port 19999");
    const service = place(started.home);
    const [finding] = drift((await started.doctor({ service }).report("doctor")).findings);
    expect(finding?.fix).toBe("sudo openclaw gateway install --force --system");
    expect(finding?.repair).toBeUndefined();
    const path = join(started.home, "etc", "openclaw-gateway.service");
    writeFileSync(path, readFileSync(path, "utf8").replace(started.paths.stateDir, "/var/lib/other"));
    expect(drift((await started.doctor({ service }).report("doctor")).findings)).toEqual([]);
  });
});

it("says when a restore took the state directory away and put nothing in its place", async () => {
  const { doctor, paths } = start();
  const aside = `${paths.stateDir}.before-restore-2026-11-20T10-00-00-000Z`;
  renameSync(paths.stateDir, aside);
  const { findings } = await doctor().report("doctor");
  expect(findings.find(({ id }) => id === "restore-leftovers")).toMatchObject({
    severity: "critical",
    fix: `mv ${aside} ${paths.stateDir}`,
  });
});

it("says nothing of an older installation that was migrated", async () => {
  const started = start();
  const from = join(started.home, ".clawdbot");
  mkdirSync(from);
  writeFileSync(join(from, "clawdbot.json"), "{}");
  const asks = async () =>
    (await started.doctor().report("doctor")).findings.filter(({ id }) => id === "older-layout").length;
  const receipt = (state: string) =>
    started.write(
      "migrations/20260101T000000Z/receipt.json",
      JSON.stringify({ version: 1, state, from: { dir: from } }),
    );
  expect(await asks()).toBe(1);
  receipt("applied");
  expect(await asks()).toBe(0);
  receipt("undone");
  expect(await asks()).toBe(1);
});
