// Every check: its fault is injected, seen, planned without changing a byte, repaired, and taken back.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { faults, type Fault, type Settings } from "../../test/support/doctor-faults.ts";
import { place } from "../../test/support/doctor-machine.ts";
import { createDoctorHome, type DoctorHome } from "../../test/support/doctor-home.ts";
import { evidence } from "../../test/support/evidence.ts";
import { acquireGatewayLock, type GatewayLock } from "../state/index.ts";
import { checks } from "./checks/index.ts";
import type { RepairLevel } from "./contract.ts";

const levels: RepairLevel[] = ["safe", "recommended", "forced", "tighten"];

let home: DoctorHome | undefined;
let lock: GatewayLock | undefined;
afterEach(() => {
  lock?.release();
  lock = undefined;
  home?.remove();
  home = undefined;
});

function start(fault?: Fault): DoctorHome {
  home = createDoctorHome();
  if (fault?.running) {
    const { paths, clock } = home;
    lock = acquireGatewayLock(paths, { port: 45_123, host: "127.0.0.1", version: "2026.11.21", clock });
  }
  fault?.inject(home);
  return home;
}

it("has a fault for every check, and no other", () => {
  expect(Object.keys(faults).toSorted()).toEqual(checks.map(({ id }) => id).toSorted());
});

it("finds nothing in a healthy installation", async () => {
  const { doctor, picture } = start();
  const before = picture();
  for (const surface of ["doctor", "audit"] as const) {
    expect((await doctor().report(surface)).findings).toEqual([]);
  }
  expect(picture()).toEqual(before);
});

describe.each(Object.entries(faults).filter(([id]) => id !== "synced-folder"))("%s", (id, fault) => {
  it("is found, planned without a change, repaired once and taken back", async () => {
    const started = start(fault);
    const { doctor, picture } = started;
    const service = fault.onMachine ? place(started.home, fault.host) : undefined;
    const before = picture();
    const surface = checks.find((check) => check.id === id)?.surface === "audit" ? "audit" : "doctor";
    const settings: Settings = { ...fault.options, ...(service && { service }) };
    const first = doctor(settings);
    const report = await first.report(surface);
    const mine = report.findings.filter((finding) => finding.id === id);
    expect(mine.map(({ evidence }) => evidence).join("\n")).toMatch(fault.says);
    for (const finding of mine) expect(finding.fix && finding.undo && finding.title).toBeTruthy();
    expect(mine.find(({ repair }) => repair)?.repair?.level).toBe(fault.mendedBy);
    const findings = mine.filter(({ repair }) => repair);
    const plan = first.plan({ ...report, findings }, levels);
    expect(picture()).toEqual(before);
    expect(plan.changes.length > 0).toBe(fault.mendedBy !== undefined);
    const row = { check: id, fault: mine[0]?.title ?? "" };
    if (fault.mendedBy === undefined) {
      evidence("doctor", { ...row, plan: "found, for a person", apply: "-", undo: "-" });
      return;
    }

    const receipt = await first.apply(plan);
    expect([...new Set(receipt?.repairs.map((each) => each.id))]).toEqual([id]);
    const second = doctor(settings);
    const after = await second.report(surface);
    expect(after.findings.filter((finding) => finding.id === id)).toEqual([]);
    expect(
      await second.apply(
        second.plan({ ...after, findings: after.findings.filter((f) => f.id === id) }, levels),
      ),
    ).toBeNull();

    const { left } = second.undo(undefined, { force: false });
    expect(left.map(({ because }) => because)).toEqual(
      fault.onMachine ? [expect.stringContaining("openclaw gateway restart")] : [],
    );
    expect(picture()).toEqual(before);
    evidence("doctor", {
      ...row,
      plan: `${plan.changes.length} to change, nothing touched`,
      apply: "gone; again: nothing to do",
      undo: "every byte as before",
    });
    expect(
      doctor()
        .receipts()
        .map(({ state }) => state),
    ).toEqual(["undone"]);
  });
});

it("finds a state directory that is synchronised elsewhere", async () => {
  const { home: folder, doctor, paths } = start();
  const synced = join(folder, "Dropbox");
  symlinkSync(folder, synced);
  const moved = { ...paths, stateDir: join(synced, ".openclaw") };
  const { findings } = await doctor({ paths: moved }).report("audit");
  expect(findings.map(({ id }) => id)).toContain("synced-folder");
});
