import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { answer, entry, message, policy } from "../../test/support/ledger-values.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { resolvePaths, type Paths } from "../state/index.ts";
import { openSessionsReadOnly, openStorage, type Storage } from "./index.ts";
import { linesBackwards } from "./jsonl.ts";

const key = "agent:main:main";
let dir: string;
let paths: Paths;
let opened: Storage[] = [];
const clock = manualClock();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "transcripts-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir });
});
afterEach(async () => {
  for (const storage of opened) await storage.close();
  opened = [];
  rmSync(dir, { recursive: true, force: true });
});

async function open(): Promise<Storage> {
  const storage = await openStorage({ paths, clock, logger: silentLogger, policy });
  opened.push(storage);
  return storage;
}
const file = () => join(paths.agentsDir, "main", "sessions", "main.jsonl");
const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: string; role: string }).id);
const idsOf = (storage: Storage) => storage.sessions.tail(key, 1000).map((one) => one.id);
const pendingCount = (storage: Storage) =>
  storage.db.read((sql) => sql.get<{ n: number }>("SELECT count(*) AS n FROM transcript_pending"))?.n;

describe("writing", () => {
  it("has every line in the file, 0600, when the write resolves, and clears the journal after an fsync", async () => {
    const storage = await open();
    await storage.ledger.accept(message("a"));
    const lease = await storage.ledger.claim(clock.now());
    if (!lease) throw new Error("no lease");
    await storage.ledger.recordEntries(lease, [entry("u")]);
    await storage.ledger.complete(lease, answer(lease));
    expect(linesOf(file())).toEqual(["u", "a:answer"]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file())).mode & 0o777).toBe(0o700);
    expect(pendingCount(storage)).toBe(2);
    await storage.close();
    const again = await open();
    expect(pendingCount(again)).toBe(0);
  });

  it("keeps line breaks, U+2028 and lone surrogates inside one line", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    const text = "a\nb\r\n\u2028\u2029 \ud800 \udc00 \u0000 🦞";
    await storage.sessions.append(key, [entry("x", { content: [{ type: "text", text }] })]);
    expect(linesOf(file())).toEqual(["x"]);
    expect(storage.sessions.tail(key, 1)[0]?.content).toEqual([{ type: "text", text }]);
    await expect(storage.sessions.append("agent:main:none", [entry("y")])).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  it("holds lines back while the file cannot be written, serves them from memory, and writes them in order later", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    await storage.sessions.append(key, [entry("a")]);
    rmSync(file());
    mkdirSync(file());
    await storage.sessions.append(key, [entry("b")]);
    expect(storage.sessions.context("agent:main:other")).toEqual([]);
    await storage.sessions.append(key, [entry("c")]);
    rmSync(file(), { recursive: true });
    await storage.sessions.append(key, [entry("d")]);
    expect(linesOf(file())).toEqual(["b", "c", "d"]);
    expect(idsOf(storage)).toEqual(["b", "c", "d"]);
  });

  it.skipIf(process.platform === "win32")("does not follow a link at the place of the file", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    const outside = join(dir, "outside");
    writeFileSync(outside, "mine\n");
    mkdirSync(dirname(file()), { recursive: true });
    symlinkSync(outside, file());
    await storage.sessions.append(key, [entry("a")]);
    expect(readFileSync(outside, "utf8")).toBe("mine\n");
  });
});

describe("reading", () => {
  it("gives lines backwards as a split would, whatever the chunks", () => {
    const path = join(dir, "x.jsonl");
    const line = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 30_000, max: 150_000 }).map((length) => "é".repeat(length)),
    );
    fc.assert(
      fc.property(
        fc.array(
          line.map((text) => JSON.stringify(text)),
          { maxLength: 12 },
        ),
        fc.boolean(),
        (lines, ended) => {
          writeFileSync(path, lines.join("\n") + (ended ? "\n" : ""));
          expect([...linesBackwards(path)].map(({ line }) => line)).toEqual(lines.toReversed());
        },
      ),
      { numRuns: 100 },
    );
  });

  it("costs what is asked for, not what is there", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    mkdirSync(dirname(file()), { recursive: true });
    const write = (lines: number) =>
      writeFileSync(
        file(),
        Array.from({ length: lines }, (_, i) => `${JSON.stringify(entry(`e${i}`, { ts: i }))}\n`).join(""),
      );
    const cost = () => {
      const samples = Array.from({ length: 15 }, () => {
        const started = performance.now();
        expect(storage.sessions.tail(key, 100)).toHaveLength(100);
        return performance.now() - started;
      });
      return samples.sort((a, b) => a - b)[7] ?? 0;
    };
    write(400);
    cost();
    const short = cost();
    write(40_000);
    expect(cost()).toBeLessThan(short * 5);
    const all: string[] = [];
    for await (const one of storage.sessions.all(key)) all.push(one.id);
    expect(all).toHaveLength(40_000);
    expect(all.at(-1)).toBe("e39999");
  });

  it("skips what is no entry, and sees what a person changed in the file", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    await storage.sessions.append(key, [entry("a")]);
    expect(storage.sessions.context(key).map((one) => one.id)).toEqual(["a"]);
    appendFileSync(file(), `not json\n{"type":"session","id":"s"}\n\n${JSON.stringify(entry("by-hand"))}`);
    expect(storage.sessions.context(key).map((one) => one.id)).toEqual(["a", "by-hand"]);
    await storage.sessions.append(key, [entry("b")]);
    expect(storage.sessions.context(key).map((one) => one.id)).toEqual(["a", "by-hand", "b"]);
  });

  it("hands out arrays of its own", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    await storage.sessions.append(key, [entry("a")]);
    storage.sessions.context(key).pop();
    expect(storage.sessions.context(key)).toHaveLength(1);
  });
});

describe("after a crash", () => {
  /** Three entries committed, the file in the state a crash may leave it. */
  async function crashed(damage: (path: string, whole: Buffer) => void): Promise<Storage> {
    const first = await open();
    await first.sessions.ensure(key, "main");
    for (const id of ["a", "b", "c"]) await first.sessions.append(key, [entry(id)]);
    damage(file(), readFileSync(file()));
    return open();
  }

  it("brings the file back from every length it may have been cut to", async () => {
    const first = await open();
    await first.sessions.ensure(key, "main");
    for (const id of ["a", "b", "c"]) await first.sessions.append(key, [entry(id)]);
    const whole = readFileSync(file());
    const copies = [0, 1, 40, 41, 80, whole.length - 1];
    for (const length of [...copies, whole.indexOf("\n"), whole.indexOf("\n") + 1]) {
      truncateSync(file(), 0);
      writeFileSync(file(), whole.subarray(0, length));
      const next = await openStorage({ paths, clock, logger: silentLogger, policy });
      // The journal is what a killed process leaves: put it back after each round has cleared it.
      await next.db.write((sql) => {
        sql.run("DELETE FROM transcript_pending");
        for (const id of ["a", "b", "c"])
          sql.run(
            "INSERT INTO transcript_pending (session_id, entry_id, line) SELECT session_id, ?, ? FROM sessions",
            id,
            `${JSON.stringify(entry(id))}\n`,
          );
      });
      expect((await next.ledger.recover()).healedTranscripts).toBe(1);
      expect(readFileSync(file()).equals(whole)).toBe(true);
      await next.close();
    }
    expect(readdirSync(dirname(file())).filter((name) => name.includes("torn"))).toEqual([]);
  });

  it("leaves a whole file alone", async () => {
    const storage = await crashed(() => {});
    expect(await storage.ledger.recover()).toMatchObject({ healedTranscripts: 0 });
    expect(linesOf(file())).toEqual(["a", "b", "c"]);
  });

  it("drops blocks that a power cut left as zeros", async () => {
    const storage = await crashed((path, whole) => {
      whole.fill(0, 100);
      writeFileSync(path, whole);
    });
    await storage.ledger.recover();
    expect(linesOf(file())).toEqual(["a", "b", "c"]);
  });

  it("keeps a fragment that is not ours beside the file", async () => {
    const storage = await crashed((path) => appendFileSync(path, '{"half": "by ha'));
    expect(await storage.ledger.recover()).toMatchObject({ healedTranscripts: 1 });
    expect(linesOf(file())).toEqual(["a", "b", "c"]);
    const torn = readdirSync(dirname(file())).find((name) => name.includes(".torn-"));
    expect(readFileSync(join(dirname(file()), torn ?? ""), "utf8")).toBe('{"half": "by ha');
  });

  it("shows journaled lines to a read-only reader before anybody recovered", async () => {
    await crashed((path) => truncateSync(path, 60));
    const reader = await openSessionsReadOnly({ paths });
    expect(reader?.tail(key, 10).map((one) => one.id)).toEqual(["a", "b", "c"]);
    expect(reader?.list({}).map((one) => one.key)).toEqual([key]);
    reader?.close();
  });
});

describe("reset and delete", () => {
  it("gives a reset session a new transcript and keeps the old one", async () => {
    const storage = await open();
    await storage.sessions.patch(key, { settings: { thinkingLevel: "high" }, label: "L" });
    await storage.sessions.append(key, [entry("old")]);
    const before = storage.sessions.get(key);
    const after = await storage.sessions.reset(key);
    expect(after.sessionId).not.toBe(before?.sessionId);
    expect(after).toMatchObject({ settings: { thinkingLevel: "high" }, label: "L", firstText: null });
    expect(storage.sessions.context(key)).toEqual([]);
    await storage.sessions.append(key, [entry("new")]);
    expect(linesOf(file())).toEqual(["new"]);
    const archive = readdirSync(dirname(file())).find((name) => name.startsWith("main.jsonl.reset."));
    expect(linesOf(join(dirname(file()), archive ?? ""))).toEqual(["old"]);
  });

  it("writes the end of a run that was reset meanwhile to the old transcript", async () => {
    const storage = await open();
    await storage.ledger.accept(message("a"));
    const lease = await storage.ledger.claim(clock.now());
    if (!lease) throw new Error("no lease");
    await storage.ledger.recordEntries(lease, [entry("u")]);
    await storage.sessions.reset(key);
    await storage.sessions.append(key, [entry("fresh")]);
    await storage.ledger.complete(lease, answer(lease, { status: "aborted", reason: "session_reset" }));
    expect(idsOf(storage)).toEqual(["fresh"]);
    const archive = readdirSync(dirname(file())).find((name) => name.startsWith("main.jsonl.reset."));
    expect(linesOf(join(dirname(file()), archive ?? ""))).toEqual(["u", "a:answer"]);
    expect(storage.sessions.get(key)?.usage.total).toBe(0);
  });

  it("finishes an archive that a crash cut short, without taking the successor's file for it", async () => {
    const first = await open();
    await first.sessions.ensure(key, "main");
    await first.sessions.append(key, [entry("old")]);
    await first.sessions.reset(key);
    // As if the process had died after the commit, before the rename.
    const archive = readdirSync(dirname(file())).find((name) => name.startsWith("main.jsonl.reset.")) ?? "";
    await first.sessions.append(key, [entry("new")]);
    await first.db.write((sql) =>
      sql.run("UPDATE transcripts SET moved_from = 'main.jsonl' WHERE archived_at IS NOT NULL"),
    );
    const second = await open();
    await second.ledger.recover();
    expect(linesOf(file())).toEqual(["new"]);
    expect(linesOf(join(dirname(file()), archive))).toEqual(["old"]);
    await second.sessions.reset("agent:main:silent");
    await second.sessions.reset("agent:main:silent");
    await second.sessions.append("agent:main:silent", [entry("kept")]);
    const third = await open();
    await third.ledger.recover();
    expect(third.sessions.tail("agent:main:silent", 5).map((one) => one.id)).toEqual(["kept"]);
  });

  it("archives or removes on delete; a deleted conversation does not come back", async () => {
    const storage = await open();
    await storage.sessions.ensure(key, "main");
    await storage.sessions.append(key, [entry("secret")]);
    const gone = await storage.sessions.delete(key, { deleteTranscript: true });
    expect(gone).toEqual({ deleted: true, archived: [] });
    await storage.sessions.ensure(key, "main");
    expect(idsOf(storage)).toEqual([]);
    await storage.sessions.append(key, [entry("x")]);
    const kept = await storage.sessions.delete(key, { deleteTranscript: false });
    expect(linesOf(kept.archived[0] ?? "")).toEqual(["x"]);
    expect(existsSync(file())).toBe(false);
    expect(storage.sessions.get(key)).toBeNull();
    expect(await storage.sessions.delete(key, { deleteTranscript: true })).toEqual({
      deleted: false,
      archived: [],
    });
    await storage.close();
    expect(
      readdirSync(dirname(file())).filter((name) =>
        readFileSync(join(dirname(file()), name), "utf8").includes("secret"),
      ),
    ).toEqual([]);
  });

  it("keeps keys apart that differ in case only", async () => {
    const storage = await open();
    for (const name of ["Notes", "notes"]) {
      await storage.sessions.ensure(`agent:main:${name}`, "main");
      await storage.sessions.append(`agent:main:${name}`, [entry(name)]);
    }
    const names = ["Notes", "notes"].map((name) =>
      storage.sessions.transcriptPath(`agent:main:${name}`).toLowerCase(),
    );
    expect(new Set(names).size).toBe(2);
    expect(storage.sessions.tail("agent:main:notes", 9).map((one) => one.id)).toEqual(["notes"]);
  });
});
