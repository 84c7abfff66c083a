import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { resolvePaths } from "../state/index.ts";
import { createDoctorDesk } from "./doctor-desk.ts";

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "openclaw-desk-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function desk() {
  const paths = resolvePaths({ env: {}, home });
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(paths.configPath, `{ gateway: { auth: { token: "${"s3cret".repeat(6)}" } } }\n`, {
    mode: 0o600,
  });
  chmodSync(paths.stateDir, 0o755);
  return { paths, desk: createDoctorDesk({ paths, env: {}, version: "1.0.0", clock: systemClock }) };
}

describe("the doctor beside a gateway", () => {
  it("shows a repair, makes exactly that one, and takes it back", async () => {
    const { paths, desk: doctor } = desk();
    const mode = () => statSync(paths.stateDir).mode & 0o777;
    const before = await doctor.report();
    const found = before.findings.find(({ plan }) =>
      plan?.changes.some(({ summary }) => summary.startsWith("chmod")),
    );
    expect(found?.plan?.changes[0]?.summary).toContain("0755 → 0700");
    const hash = found?.plan?.hash ?? "";
    const id = found?.id ?? "";
    await expect(doctor.apply({ id, hash: "0".repeat(32), author: "test" })).rejects.toMatchObject({
      code: "DOCTOR_STATE_CHANGED",
    });
    expect(mode()).toBe(0o755);
    const { receipt } = await doctor.apply({ id, hash, author: "test" });
    expect(mode()).toBe(0o700);
    const after = await doctor.report();
    expect(after.receipts[0]).toMatchObject({ id: receipt, author: "test", undone: false });
    await doctor.undo(receipt ?? "", "test");
    expect(mode()).toBe(0o755);
    expect((await doctor.report()).receipts[0]?.undone).toBe(true);
    expect(JSON.stringify(before)).not.toContain("s3cret");
  });
});
