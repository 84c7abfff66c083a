import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { openLedgerDb, type SqlWriter } from "./index.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "ledger-db-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const table = ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)"];

describe("group commit", () => {
  it("keeps the writes around one that throws", async () => {
    const db = openLedgerDb({ path: join(dir, "l.sqlite"), logger: silentLogger });
    db.migrate("t", table);
    const ran: string[] = [];
    const insert = (b: string) =>
      db.write((sql) => {
        sql.afterCommit(() => ran.push(b));
        return sql.run("INSERT INTO t (b) VALUES (?)", b).lastId;
      });
    const settled = await Promise.allSettled([insert("x"), insert("x"), insert("y")]);
    expect(settled.map((s) => s.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(ran).toEqual(["x", "y"]);
    expect(db.read((sql) => sql.all("SELECT b FROM t ORDER BY a"))).toMatchObject([{ b: "x" }, { b: "y" }]);
    db.close();
  });

  it("is on disk when the promise resolves and mode 0600", async () => {
    const path = join(dir, "sub", "l.sqlite");
    const db = openLedgerDb({ path, logger: silentLogger });
    db.migrate("t", table);
    await db.write((sql) => sql.run("INSERT INTO t (b) VALUES ('z')"));
    const other = new DatabaseSync(path, { readOnly: true });
    expect(other.prepare("SELECT b FROM t").get()).toMatchObject({ b: "z" });
    other.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    db.close();
    await expect(db.write(() => 1)).rejects.toMatchObject({ code: "STORAGE_CLOSED" });
  });

  it("runs each migration step once and refuses tables of a newer program", () => {
    const path = join(dir, "l.sqlite");
    const db = openLedgerDb({ path, logger: silentLogger });
    db.migrate("t", table);
    db.migrate("t", [...table, (sql) => void sql.run("INSERT INTO t (b) VALUES ('once')")]);
    db.migrate("t", [...table, (sql) => void sql.run("INSERT INTO t (b) VALUES ('once')")]);
    db.migrate("t", table); // what was added is no obstacle for the version before
    const once = (sql: SqlWriter) => void sql.run("INSERT INTO t (b) VALUES ('once')");
    db.migrate("t", [...table, once, { breaking: "ALTER TABLE t RENAME COLUMN b TO c" }]);
    expect(() => db.migrate("t", [...table, once])).toThrow(/t schema 3; this one knows 2/);
    db.close();
  });

  it("leaves nothing behind of a migration that fails", () => {
    const db = openLedgerDb({ path: join(dir, "l.sqlite"), logger: silentLogger });
    expect(() => db.migrate("t", [...table, "CREATE TABLE t (a)"])).toThrow(/already exists/);
    db.migrate("t", table);
    db.close();
  });
});

const canMount =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  spawnSync("unshare", ["-m", "true"]).status === 0;

describe.skipIf(!canMount)("full disk (needs root to mount a small tmpfs)", () => {
  it("rejects every write with the remedy and works again once there is space", () => {
    const script = `
      import { openLedgerDb } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      import { writeFileSync, rmSync } from "node:fs";
      const log = () => {}; const logger = { log, trace: log, debug: log, info: log, warn: log, error: log, child: () => logger };
      const db = openLedgerDb({ path: "${dir}/disk/l.sqlite", logger });
      db.migrate("t", ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"]);
      writeFileSync("${dir}/disk/ballast", Buffer.alloc(1500000));
      const put = () => db.write((sql) => sql.run("INSERT INTO t (b) VALUES (?)", "x".repeat(20000)));
      let ok = 0, failed = null;
      for (let i = 0; i < 400 && !failed; i++) {
        const both = await Promise.allSettled([put(), put()]);
        if (both[0].status === "fulfilled" && both[1].status === "fulfilled") ok += 2;
        else failed = both.map((r) => r.reason?.code + " " + r.reason?.hint + " " + r.reason?.retryable);
      }
      rmSync("${dir}/disk/ballast");
      await put();
      console.log(JSON.stringify({ ok, failed, rows: db.read((sql) => sql.get("SELECT count(*) n FROM t")).n }));
    `;
    const out = execFileSync(
      "unshare",
      [
        "-m",
        "sh",
        "-c",
        `mkdir -p ${dir}/disk && mount -t tmpfs -o size=3m tmpfs ${dir}/disk && exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"`,
        process.execPath,
        script,
      ],
      { encoding: "utf8" },
    );
    const result = JSON.parse(out) as { ok: number; failed: string[]; rows: number };
    expect(result.failed).toHaveLength(2);
    for (const failure of result.failed)
      expect(failure).toMatch(/^STORAGE_FAILED free some space on .* true$/);
    expect(result.rows).toBe(result.ok + 1);
  });
});

const hasStrace = spawnSync("strace", ["-V"]).status === 0;

describe.skipIf(!hasStrace)("a failing disk (needs strace)", () => {
  it.each([
    ["fsync:error=EIO:when=10..20", /input\/output error/],
    ["pwrite64:error=EIO:when=40..60", /input\/output error/],
    ["pwrite64:error=ENOSPC:when=40..60", /no space left/],
  ])("%s: what was confirmed is there, what was refused is not", (fault, text) => {
    const script = `
      import { openLedgerDb } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      const log = () => {}; const logger = { log, trace: log, debug: log, info: log, warn: log, error: log, child: () => logger };
      const db = openLedgerDb({ path: "${dir}/l.sqlite", logger });
      db.migrate("t", ["CREATE TABLE t (a INTEGER PRIMARY KEY)"]);
      const confirmed = [], refused = [];
      for (let a = 0; a < 60; a++)
        await db.write((sql) => sql.run("INSERT INTO t (a) VALUES (?)", a)).then(() => confirmed.push(a), (error) => refused.push(error.message));
      console.log(JSON.stringify({ confirmed, refused, rows: db.read((sql) => sql.all("SELECT a FROM t ORDER BY a")).map((row) => row.a) }));
      db.close();
    `;
    const trace = [
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      `trace=${fault.split(":")[0]}`,
      "-e",
      `inject=${fault}`,
    ];
    const node = [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      script,
    ];
    const out = execFileSync("strace", [...trace, ...node], { encoding: "utf8" });
    const result = JSON.parse(out) as { confirmed: number[]; refused: string[]; rows: number[] };
    expect(result.refused.length).toBeGreaterThan(0);
    for (const message of result.refused) expect(message).toMatch(text);
    expect(result.rows).toEqual(result.confirmed);
    expect(result.confirmed.at(-1)).toBe(59);
  });
});
