import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate, openDatabase, type Migration } from "./index.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "oc-sqlite-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});
const one: Migration = { name: "one", up: "CREATE TABLE t (a INTEGER) STRICT" };
const two: Migration = { name: "two", up: (db) => db.exec("ALTER TABLE t ADD COLUMN b TEXT") };

test("migrations run once, in order, and the file is private and durable", () => {
  const path = join(dir, "sub/x.sqlite");
  openDatabase(path, [one]).close();
  const db = openDatabase(path, [one, two]);
  db.exec("INSERT INTO t VALUES (1, 'x')");
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  for (const name of ["x.sqlite", "x.sqlite-wal"]) {
    expect(statSync(join(dir, "sub", name)).mode & 0o777).toBe(0o600);
  }
  db.close();
});

test("a schema from the future is refused, and left alone", () => {
  const path = join(dir, "x.sqlite");
  openDatabase(path, [one, { ...two, isBreaking: true }]).close();
  expect(() => openDatabase(path, [one])).toThrow(/newer version \(main schema 2; this one knows 1\)/);
  openDatabase(path, [one, two]).close();
});

test("a failing step undoes the whole migration", () => {
  const path = join(dir, "x.sqlite");
  openDatabase(path, [one]).close();
  expect(() => openDatabase(path, [one, two, { name: "bad", up: "NO SUCH THING" }])).toThrow();
  const db = openDatabase(path, [one, two]);
  expect(db.prepare("SELECT b FROM t").all()).toEqual([]);
  db.close();
});

test("components of one file migrate apart; read-only never migrates", () => {
  const path = join(dir, "x.sqlite");
  const db = openDatabase(path, [one]);
  migrate(db, {
    component: "cron",
    migrations: [{ name: "jobs", up: "CREATE TABLE jobs (id TEXT) STRICT" }],
  });
  db.close();
  const reader = openDatabase(path, [one], { readOnly: true });
  expect(() => reader.exec("INSERT INTO t VALUES (1)")).toThrow(/readonly/);
  reader.close();
  expect(() => openDatabase(path, [one, two], { readOnly: true })).toThrow(/start the gateway once|needs 2/);
});

test("no place, no file: one clear error", () => {
  expect(() => openDatabase("/proc/none/x.sqlite", [one])).toThrow(
    /cannot create the directory \/proc\/none/,
  );
});

test("a file of a later version opens when it has only gained something, and is left as it is", () => {
  const path = join(dir, "x.sqlite");
  const adds = { name: "adds", up: "ALTER TABLE t ADD COLUMN later TEXT" };
  openDatabase(path, [one, two, adds]).close();
  const older = openDatabase(path, [one, two]);
  older.exec("INSERT INTO t (a, b) VALUES (1, 'from the older one')");
  older.close();
  const newer = openDatabase(path, [one, two, adds]);
  expect(newer.prepare("SELECT b, later FROM t").all()).toEqual([{ b: "from the older one", later: null }]);
  newer.close();
  const breaks = { name: "breaks", up: "ALTER TABLE t RENAME COLUMN b TO c", isBreaking: true };
  openDatabase(path, [one, two, adds, breaks]).close();
  expect(() => openDatabase(path, [one, two, adds])).toThrow(/written by a newer version/);
  // What comes after a step that breaks does not take it back.
  const more = { name: "more", up: "ALTER TABLE t ADD COLUMN more TEXT" };
  openDatabase(path, [one, two, adds, breaks, more]).close();
  expect(() => openDatabase(path, [one, two, adds])).toThrow(/written by a newer version/);
  openDatabase(path, [one, two, adds, breaks]).close();
});

test("a file from before the steps were told apart is taken on", () => {
  const path = join(dir, "x.sqlite");
  const db = openDatabase(path, [one]);
  db.exec("ALTER TABLE schema_versions DROP COLUMN oldest");
  db.close();
  expect(() => openDatabase(path, [])).toThrow(/written by a newer version/);
  openDatabase(path, [one, two]).close();
  const read = openDatabase(path, [one, two], { readOnly: true });
  expect(read.prepare("SELECT version, oldest FROM schema_versions").get()).toEqual({
    version: 2,
    oldest: 1,
  });
  read.close();
});
