import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDoctorHome, goodLine, type DoctorHome } from "../../test/support/doctor-home.ts";
import { policy } from "../../test/support/ledger-values.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { silentLogger } from "../core/logger.ts";
import { openStorage } from "../sessions/index.ts";
import { acquireGatewayLock } from "../state/index.ts";
import type { Check, CheckContext } from "./contract.ts";
import { difference, unifiedDiff } from "./diff.ts";
import { runChecks } from "./run-checks.ts";
import { showPlan } from "./show.ts";
import { hasDamage, mendTranscript } from "./transcript-lines.ts";

let home: DoctorHome;
beforeEach(() => {
  home = createDoctorHome();
});
afterEach(() => home.remove());

const repair = async (levels: Parameters<ReturnType<DoctorHome["doctor"]>["plan"]>[1]) => {
  const doctor = home.doctor();
  return doctor.apply(doctor.plan(await doctor.report("doctor"), levels));
};

describe("a repair", () => {
  it("makes a missing state directory, its configuration and workspace in one go", async () => {
    rmSync(home.paths.stateDir, { recursive: true });
    expect((await repair(["safe", "recommended"]))?.repairs.map(({ id }) => id)).toEqual([
      "gateway-mode",
      "gateway-token",
      "state-dir",
      "workspace-files",
    ]);
    const { findings } = await home.doctor().report("doctor");
    expect(findings.filter(({ severity }) => severity !== "info")).toEqual([]);
    expect(JSON.parse(readFileSync(home.paths.configPath, "utf8"))).toMatchObject({
      gateway: { mode: "local", auth: { token: expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
    });
  });

  it("keeps comments and order of the configuration", async () => {
    writeFileSync(
      home.paths.configPath,
      `{\n  // port of the house\n  gateway: { port: 18790, mode: "local", token: "${home.token}", // old\n  },\n}\n`,
    );
    await repair(["safe"]);
    const text = readFileSync(home.paths.configPath, "utf8");
    expect(text).toContain("// port of the house");
    expect(text).toContain("port: 18790");
    expect(text).not.toMatch(/local", token:/);
    expect((await home.doctor().report("doctor")).findings.map(({ id }) => id)).not.toContain(
      "config-legacy",
    );
  });

  it("brings the last accepted configuration back when the file cannot be parsed", async () => {
    const good = readFileSync(home.paths.configPath, "utf8");
    // Repairs note what they write, so there is a revision to come back to.
    home.config(
      (config) => (config["gateway"] = { ...(config["gateway"] as object), customBind: "127.0.0.1" }),
    );
    await repair(["safe"]);
    writeFileSync(home.paths.configPath, `${good.slice(0, 40)}\n`);
    const found = (await home.doctor().report("doctor")).findings;
    expect(found.find(({ id }) => id === "config-invalid")?.severity).toBe("critical");
    expect(found.map(({ id }) => id)).not.toContain("gateway-token");
    await repair(["safe", "recommended", "forced"]);
    expect((await home.doctor().report("doctor")).findings).toEqual([]);
    expect(readFileSync(home.paths.configPath, "utf8")).toContain("customBindHost");
  });

  it("refuses to undo what was changed again, unless told to", async () => {
    home.config(
      (config) => (config["gateway"] = { ...(config["gateway"] as object), customBind: "127.0.0.1" }),
    );
    const before = readFileSync(home.paths.configPath, "utf8");
    await repair(["safe"]);
    writeFileSync(home.paths.configPath, "{}\n");
    const doctor = home.doctor();
    expect(() => doctor.undo(undefined, { force: false })).toThrow(
      /changed since the repair: .*openclaw\.json/,
    );
    expect(readFileSync(home.paths.configPath, "utf8")).toBe("{}\n");
    doctor.undo(undefined, { force: true });
    expect(readFileSync(home.paths.configPath, "utf8")).toBe(before);
    expect(() => home.doctor().undo(undefined, { force: false })).toThrow(/no repair that could be undone/);
    expect(() => home.doctor().undo("../../etc", { force: false })).toThrow(/there is no repair/);
  });

  it("refuses a plan that something else has overtaken", async () => {
    home.write("agents/main/session-store.json", "torn");
    const doctor = home.doctor();
    const plan = doctor.plan(await doctor.report("doctor"), ["recommended"]);
    home.write("agents/main/session-store.json", "{}");
    await expect(doctor.apply(plan)).rejects.toThrow(/was changed since the plan/);
    expect(existsSync(join(home.paths.stateDir, "doctor"))).toBe(false);
  });

  it("is not made in the state of another user", async () => {
    home.write(`gateway.4194303.lock`, "{}");
    const uid = (process.getuid?.() ?? 0) + 1;
    const before = home.picture();
    const doctor = home.doctor({ machine: { uid } });
    const report = await doctor.report("doctor");
    expect(report.findings.map(({ title }) => title)).toContain("State directory belongs to another user");
    const own = await home.doctor().report("doctor");
    await expect(doctor.apply(doctor.plan(own, ["safe"]))).rejects.toThrow(
      /belongs to user \d+, this is user \d+/,
    );
    expect(home.picture()).toEqual(before);
  });

  it("writes the list of sessions anew from the ledger", async () => {
    const storage = await openStorage({
      paths: home.paths,
      clock: home.clock,
      logger: silentLogger,
      policy: () => policy(),
    });
    await storage.sessions.ensure("agent:main:work", "main");
    await storage.close();
    const path = join(home.paths.agentsDir, "main", "session-store.json");
    const written = readFileSync(path, "utf8");
    expect(written).toContain("agent:main:work");
    for (const damage of [() => rmSync(path), () => writeFileSync(path, "{")]) {
      damage();
      expect((await repair(["safe", "recommended"]))?.repairs.map(({ tick }) => tick)).toEqual([
        "session list written anew",
      ]);
      expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(JSON.parse(written));
    }
  });

  it("is not wanted for a list that the running gateway has yet to write", async () => {
    const storage = await openStorage({
      paths: home.paths,
      clock: home.clock,
      logger: silentLogger,
      policy: () => policy(),
    });
    const { paths, clock } = home;
    const lock = acquireGatewayLock(paths, { port: 45_123, host: "127.0.0.1", version: "2026.11.21", clock });
    try {
      await storage.sessions.ensure("agent:main:work", "main");
      const found = async () => (await home.doctor().report("doctor")).findings.map(({ id }) => id);
      expect(existsSync(join(paths.agentsDir, "main", "session-store.json"))).toBe(false);
      expect(await found()).not.toContain("session-store");
      await storage.close();
      rmSync(join(paths.agentsDir, "main", "session-store.json"));
      clock.advance(60_000);
      expect(await found()).toContain("session-store");
    } finally {
      lock.release();
    }
  });

  it("that fails half way is taken back by what it wrote down before it began", async () => {
    home.write("agents/main/session-store.json", "torn");
    home.config(
      (config) => (config["gateway"] = { ...(config["gateway"] as object), customBind: "127.0.0.1" }),
    );
    const leftover = home.write("gateway.4194303.lock", "{}");
    const before = home.picture();
    const doctor = home.doctor();
    const plan = doctor.plan(await doctor.report("doctor"), ["safe", "recommended"]);
    // The last change meets what nobody could foresee: a path that is a directory now.
    plan.changes.push({ kind: "rmdir", path: join(home.paths.stateDir, "no", "such"), mode: 0o700 });
    await expect(doctor.apply(plan)).rejects.toThrow(/cannot rmdir/);
    expect(existsSync(leftover)).toBe(false);
    expect(home.doctor().undo(undefined, { force: false }).left).toHaveLength(1);
    expect(home.picture()).toEqual(before);
  });

  it("shows no secret of the configuration", async () => {
    home.config((config) => (config["gateway"] = { mode: "local", token: home.token, auth: {} }));
    const doctor = home.doctor();
    const plan = doctor.plan(await doctor.report("doctor"), ["safe", "recommended"]);
    const shown = JSON.stringify(showPlan(plan, home.paths.configPath));
    expect(shown).toContain("[hidden]");
    expect(shown).not.toContain(home.token);
    expect(
      JSON.stringify(
        (await doctor.report("doctor")).findings.map(({ evidence, fix, undo }) => [evidence, fix, undo]),
      ),
    ).not.toContain(home.token);
  });
});

describe("checks", () => {
  const check = (id: string, inspect: Check["inspect"], dependsOn: string[] = []): Check => ({
    id,
    title: id,
    severity: "critical",
    surface: "doctor",
    mends: "",
    dependsOn,
    inspect,
  });

  it("that fail or hang keep no other from being heard", async () => {
    const clock = manualClock();
    const context = { clock, wants: { deep: false } } as unknown as CheckContext;
    const report = runChecks(
      [
        check("hangs", () => new Promise(() => {})),
        check("throws", () => {
          throw new Error("no such device");
        }),
        check("finds", () => [{ evidence: "here", fix: "mend it" }]),
        check("after", () => [{ evidence: "never", fix: "" }], ["finds"]),
        check("behind", () => [{ evidence: "heard", fix: "" }], ["throws"]),
      ],
      context,
    );
    await Promise.resolve();
    clock.advance(5_000);
    const { findings, skipped } = await report;
    expect(findings.map(({ id, evidence }) => [id, evidence])).toEqual([
      ["finds", "here"],
      ["behind", "heard"],
      ["hangs", "it took longer than 5 s"],
      ["throws", "no such device"],
    ]);
    expect(skipped).toEqual([{ id: "after", because: "see finds first" }]);
  });
});

describe("mending a transcript", () => {
  const good = fc
    .record({
      id: fc.string({ minLength: 1 }),
      role: fc.constantFrom("user", "assistant", "tool"),
      content: fc.array(fc.jsonValue()),
    })
    .map((entry) => JSON.stringify(entry));
  const garbage = fc.oneof(
    fc.string({ minLength: 1 }).map((text) => `x${text.replaceAll("\n", " ")}`),
    good.map((line) => line.slice(0, Math.max(1, line.length - 3))),
    fc.constant("\0\0\0"),
    fc.constant("[1]"),
  );

  it("never drops or changes a valid line, leaves only valid ones, and is done after once", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            good.map((line) => [line, true] as const),
            garbage.map((line) => [line, false] as const),
          ),
        ),
        (lines) => {
          const bytes = Buffer.from(lines.map(([line]) => `${line}\n`).join(""));
          const mended = mendTranscript(bytes);
          const kept = (mended?.bytes ?? bytes)
            .toString("utf8")
            .split("\n")
            .filter((line) => line.trim() !== "");
          for (const line of kept) expect(() => JSON.parse(line) as unknown).not.toThrow();
          let at = -1;
          for (const [line, isGood] of lines) {
            if (!isGood) continue;
            at = kept.indexOf(line, at + 1);
            expect(at).toBeGreaterThanOrEqual(0);
          }
          if (mended) expect(mendTranscript(mended.bytes)).toBeNull();
        },
      ),
    );
  });

  it("is asked for exactly where something is damaged, also across the pieces a file is read in", async () => {
    const long = Array.from(
      { length: 900 },
      (_, index) => `${goodLine(String(index), "x".repeat(997))}\n`,
    ).join("");
    const path = home.write("agents/main/sessions/long.jsonl", long);
    expect(await hasDamage(path)).toBe(false);
    for (const text of [`${long}{"to`, long.replace('"id":"500"', '"id":500"'), `\0${long}`, `${long}\0`]) {
      home.write("agents/main/sessions/long.jsonl", text);
      expect(await hasDamage(path)).toBe(true);
      expect(mendTranscript(Buffer.from(text))).not.toBeNull();
    }
  });

  it("saves entries written behind a torn one or on one line", () => {
    const [a, b] = [goodLine("a", "x{"), goodLine("b", 'y"}')];
    expect(mendTranscript(Buffer.from(`{"id":"t","content":[{"type":"te${a}${b}\n`))?.bytes.toString()).toBe(
      `${a}\n${b}\n`,
    );
    expect(mendTranscript(Buffer.from(`${a}\n${b}`))).toBeNull();
  });
});

describe("a difference", () => {
  it("leads from one text to the other", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const diff = difference(a, b);
        expect(diff.filter(({ sign }) => sign !== "+").map(({ text }) => text)).toEqual(a);
        expect(diff.filter(({ sign }) => sign !== "-").map(({ text }) => text)).toEqual(b);
      }),
    );
  });

  it("shows three lines around a change", () => {
    const text = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join("");
    expect(unifiedDiff(text, text.replace("line 10\n", "other\n"))).toEqual([
      "@@ -7,7 +7,7 @@",
      " line 7",
      " line 8",
      " line 9",
      "-line 10",
      "+other",
      " line 11",
      " line 12",
      " line 13",
    ]);
  });
});
