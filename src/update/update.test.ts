import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase, type Migration } from "../state/index.ts";
import type { UpdateJournal } from "./contract.ts";
import { copyLedger, returnLedger } from "./ledger.ts";
import { openSlots } from "./slots.ts";
import { checkVersion, compareVersions } from "./versions.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "openclaw-update-test-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("versions", () => {
  it("are ordered as semver orders them", () => {
    const ordered = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0",
      "1.0.1",
      "2026.2.3",
    ];
    for (const [index, version] of ordered.entries())
      for (const [other, later] of ordered.entries())
        expect(Math.sign(compareVersions(version, later)), `${version} ${later}`).toBe(
          Math.sign(index - other),
        );
  });

  it("never lead out of the folder", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let version: string;
        try {
          version = checkVersion(text);
        } catch {
          return;
        }
        expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.-]+)?$/);
      }),
    );
    for (const bad of ["..", "../1.2.3", "1.2.3/..", "1.2.3\n", "", "--version"])
      expect(() => checkVersion(bad)).toThrow("is not a version");
  });
});

describe("the ledger of a newer version", () => {
  const first: Migration = {
    name: "first",
    up: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT) STRICT",
  };
  const open = (more: string[] = []) =>
    openDatabase(join(dir, "ledger.sqlite"), [first, ...more.map((up) => ({ name: "more", up }))]);
  const say = (text: string, db = open()) => {
    db.prepare("INSERT INTO notes (text) VALUES (?)").run(text);
    db.close();
  };
  const texts = () => {
    const db = open();
    const rows = db.prepare("SELECT text FROM notes ORDER BY id").all();
    db.close();
    return rows.map((row) => row["text"]);
  };
  const back = () =>
    returnLedger({ ledgerPath: join(dir, "ledger.sqlite"), before: join(dir, "before", "1.sqlite") });

  it("goes back with the rows written since, where the schema only grew", async () => {
    say("old");
    expect(await copyLedger(join(dir, "ledger.sqlite"), join(dir, "before", "1.sqlite"))).toBe(true);
    say("new", open(["ALTER TABLE notes ADD COLUMN mood TEXT; CREATE TABLE moods (id INTEGER)"]));
    // It could go on with the newer file, which has only gained; going back leaves nothing of the newer one all the same.
    expect(texts()).toEqual(["old", "new"]);
    expect(back()).toMatchObject({ how: "carried" });
    expect(texts()).toEqual(["old", "new"]);
    expect(back()).toEqual({ how: "same", kept: null });
  });

  it("goes back to the copy where a column is gone, and the newer file is kept", async () => {
    say("old");
    await copyLedger(join(dir, "ledger.sqlite"), join(dir, "before", "1.sqlite"));
    const db = open(["ALTER TABLE notes RENAME COLUMN text TO words"]);
    db.exec("INSERT INTO notes (words) VALUES ('new')");
    db.close();
    const done = back();
    expect(done.how).toBe("copy");
    expect(texts()).toEqual(["old"]);
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const kept = new DatabaseSync(done.kept ?? "");
    expect(kept.prepare("SELECT count(*) AS n FROM notes").get()).toEqual({ n: 2 });
    kept.close();
  });

  it("is left alone when the schema is the same", async () => {
    say("old");
    await copyLedger(join(dir, "ledger.sqlite"), join(dir, "before", "1.sqlite"));
    say("new");
    expect(back()).toEqual({ how: "same", kept: null });
    expect(texts()).toEqual(["old", "new"]);
  });
});

describe("slots", () => {
  const journal: UpdateJournal = {
    phase: "fetch",
    from: null,
    to: "1.2.3",
    pid: 1,
    startTime: null,
    startedAt: 0,
    stateDir: "/nowhere",
    configPath: "/nowhere/openclaw.json",
    ledgerBefore: null,
    watchUntil: null,
    reason: null,
  };

  it("are worked on by one process at a time", () => {
    const slots = openSlots(dir);
    slots.begin(journal); // pid 1 always lives
    expect(() => slots.begin({ ...journal, pid: process.pid })).toThrow("is under way (pid 1");
  });

  it("take over from a dead process, and point in one step", () => {
    const slots = openSlots(dir);
    slots.begin({ ...journal, pid: 2 ** 30 });
    slots.begin({ ...journal, pid: process.pid });
    for (const version of ["1.2.3", "1.2.4"]) {
      slots.adopt(slots.stage(), version);
      slots.point(version);
      expect(slots.state().current).toBe(version);
    }
    slots.sweep([], null);
    expect(slots.state().versions).toEqual(["1.2.4"]);
  });
});
