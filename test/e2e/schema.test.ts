// Within one release a schema only gains: whatever a version left, the later ones start on it, and the version before
// starts on what a later one leaves.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseConfig, createHome, type E2eHome } from "../support/e2e-home.ts";
import { evidence } from "../support/evidence.ts";
import { shapeOf, whatBreaks, writeDump } from "../support/schema-shape.ts";

const folder = fileURLToPath(new URL("../fixtures/schema", import.meta.url));
const snapshots = readdirSync(folder).filter((name) => name.endsWith(".sql"));
const ledgerOf = (home: E2eHome) => join(home.stateDir, "ledger.sqlite");
const kept = "keep this across releases";

let home: E2eHome;
let scratch: string;
beforeEach(() => {
  home = createHome({ config: baseConfig });
  scratch = mkdtempSync(join(tmpdir(), "openclaw-schema-"));
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

/** Starts the gateway on what lies there, has it answer a message, and stops it. */
async function works(): Promise<void> {
  const gateway = await home.gateway();
  const said = await home.cli(["agent", "--message", "are you there?"]);
  expect(said, said.stderr).toMatchObject({ status: 0 });
  expect(await gateway.stop()).toMatchObject({ status: 0 });
}

const texts = () => {
  const db = new DatabaseSync(ledgerOf(home), { readOnly: true });
  try {
    return JSON.stringify(db.prepare("SELECT * FROM inbox ORDER BY seq").all());
  } finally {
    db.close();
  }
};

test("there is a snapshot of a release", () => expect(snapshots.length).toBeGreaterThan(0));

describe.each(snapshots)("what %s left", (snapshot) => {
  test("is taken on, and its own release could go on with the result", async () => {
    const before = join(scratch, "before.sqlite");
    writeDump(readFileSync(join(folder, snapshot), "utf8"), before);
    mkdirSync(home.stateDir, { recursive: true, mode: 0o700 });
    copyFileSync(before, ledgerOf(home));
    await works();
    expect(texts()).toContain(kept);
    const [then, now] = [shapeOf(before), shapeOf(ledgerOf(home))];
    for (const [component, { version }] of Object.entries(then.versions)) {
      expect(now.versions[component]?.version, component).toBeGreaterThanOrEqual(version);
      // A release may break with an earlier one; a version of the same month may not.
      if (sameRelease(snapshot))
        expect(now.versions[component]?.oldest, component).toBeLessThanOrEqual(version);
    }
    if (sameRelease(snapshot)) expect(whatBreaks(then, now)).toEqual([]);
    evidence("schema", { started: "this version", on: `what ${basename(snapshot, ".sql")} left`, broken: 0 });
  });
});

/** Versions are year.month.day: a release is a month. */
function sameRelease(snapshot: string): boolean {
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"),
  ) as { version: string };
  const release = (text: string) => text.split(".").slice(0, 2).join(".");
  return release(basename(snapshot, ".sql")) === release(version);
}

/** What a later version of this release would do to every part: a step more, with a column and a table. */
const laterSteps = `
  ALTER TABLE inbox ADD COLUMN later TEXT;
  ALTER TABLE deliveries ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE runs ADD COLUMN later TEXT;
  CREATE TABLE later_things (id INTEGER PRIMARY KEY, thing TEXT NOT NULL);
  CREATE INDEX inbox_later ON inbox (later);
  UPDATE schema_versions SET version = version + 1;`;

test("this version starts and works on what a later one of the release leaves, and loses nothing of it", async () => {
  await works();
  const before = shapeOf(ledgerOf(home));
  let db = new DatabaseSync(ledgerOf(home));
  db.exec(`${laterSteps} UPDATE inbox SET later = 'theirs'; INSERT INTO later_things VALUES (1, 'theirs')`);
  db.close();
  const after = shapeOf(ledgerOf(home));
  expect(whatBreaks(before, after)).toEqual([]);
  await works();
  expect(shapeOf(ledgerOf(home))).toEqual(after);
  db = new DatabaseSync(ledgerOf(home), { readOnly: true });
  expect(db.prepare("SELECT count(*) AS n FROM inbox WHERE later = 'theirs'").get()).toEqual({ n: 1 });
  expect(db.prepare("SELECT count(*) AS n FROM inbox WHERE later IS NULL").get()).toEqual({ n: 1 });
  db.close();
  const doctor = JSON.parse((await home.cli(["doctor", "--json"])).stdout) as {
    findings: Array<{ id: string }>;
  };
  expect(doctor.findings.map(({ id }) => id)).not.toContain("ledger");
  evidence("schema", {
    started: "this version",
    on: "what a later version of the release leaves (2 columns, a table, an index more)",
    broken: 0,
  });
});

test("a step that breaks is refused by the version before, in words, and nothing is touched", async () => {
  await works();
  const db = new DatabaseSync(ledgerOf(home));
  db.exec(`${laterSteps} UPDATE schema_versions SET oldest = version`);
  db.close();
  const shape = shapeOf(ledgerOf(home));
  const refused = await home.cli(["gateway"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/written by a newer version \(\w+ schema \d+; this one knows \d+\)/);
  expect(shapeOf(ledgerOf(home))).toEqual(shape);
});

test.each([
  ["ALTER TABLE inbox DROP COLUMN later", ["inbox.later is another column, or gone"]],
  ["DROP TABLE later_things", ["table later_things is gone"]],
  ["CREATE UNIQUE INDEX u ON later_things (thing)", ["later_things has a new rule: unique 0 thing"]],
  [
    "CREATE TRIGGER t AFTER INSERT ON later_things BEGIN SELECT 1; END",
    [expect.stringContaining("later_things has a new rule: CREATE TRIGGER") as string],
  ],
  [
    "ALTER TABLE later_things RENAME COLUMN thing TO other",
    [
      "later_things.thing is another column, or gone",
      "later_things.other is new, and an older program does not fill it",
    ],
  ],
])("the comparison sees %s", (change, found) => {
  const path = join(scratch, "x.sqlite");
  writeDump(readFileSync(join(folder, snapshots[0] ?? ""), "utf8"), path);
  const db = new DatabaseSync(path);
  db.exec(laterSteps);
  const before = shapeOf(path);
  db.exec(change.includes("DROP COLUMN") ? `DROP INDEX inbox_later; ${change}` : change);
  db.close();
  expect(whatBreaks(before, shapeOf(path))).toEqual(found);
});
