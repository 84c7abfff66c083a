import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { fingerprint, legacySamples, unpackSample } from "../../test/support/legacy-sample.ts";
import { isObject } from "../core/json.ts";
import { silentLogger } from "../core/logger.ts";
import { openSessionsReadOnly } from "../sessions/index.ts";
import { acquireGatewayLock, resolvePaths } from "../state/index.ts";
import { applyMigration, makePlan, openLogins, undoMigration, type Receipt } from "./index.ts";

const cleanups: Array<() => void> = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function setUp(name: (typeof legacySamples)[number], options: { inPlace?: boolean } = {}) {
  const sample = unpackSample(name);
  cleanups.push(() => sample.remove());
  const home = options.inPlace ? sample.root : join(sample.root, "new-home");
  mkdirSync(home, { recursive: true });
  const paths = resolvePaths({ env: {}, home });
  // An hour after the samples were made.
  const clock = manualClock(Date.parse("2026-11-21T13:30:00Z"));
  const input = {
    paths,
    env: {},
    clock,
    logger: silentLogger,
    version: "test",
    logins: openLogins({ paths, env: {}, clock }),
    ...(options.inPlace ? {} : { from: sample.dir }),
  };
  return { sample, paths, clock, input };
}

/** Counts what is in an old installation without any code of ours. */
function countIndependently(dir: string): Record<string, number> {
  const json = (path: string): Record<string, unknown> => {
    const value: unknown = existsSync(join(dir, path))
      ? JSON.parse(readFileSync(join(dir, path), "utf8"))
      : {};
    return isObject(value) ? value : {};
  };
  const leaves = (value: unknown): number =>
    isObject(value) && Object.keys(value).length > 0
      ? Object.values(value).reduce<number>((sum, each) => sum + leaves(each), 0)
      : 1;
  const setting = leaves(json("openclaw.json"));
  if (existsSync(join(dir, "state", "openclaw.sqlite"))) {
    const shared = new DatabaseSync(join(dir, "state", "openclaw.sqlite"));
    const agent = new DatabaseSync(join(dir, "agents", "main", "agent", "openclaw-agent.sqlite"));
    const of = (db: DatabaseSync, sql: string): number => Number(db.prepare(sql).get()?.["n"]);
    const counts = {
      setting,
      session: of(agent, "SELECT count(*) n FROM session_nodes"),
      message: of(
        agent,
        "SELECT count(*) n FROM transcript_events WHERE json_extract(event_json, '$.type') = 'message'",
      ),
      note: of(
        agent,
        "SELECT count(*) n FROM transcript_events WHERE json_extract(event_json, '$.type') <> 'message'",
      ),
      "cron job": of(shared, "SELECT count(*) n FROM cron_jobs"),
      "cron run": of(shared, "SELECT count(*) n FROM cron_run_receipts"),
      device: of(shared, "SELECT count(*) n FROM device_pairing_paired"),
      "allowed sender": of(shared, "SELECT count(*) n FROM channel_pairing_allow_entries"),
      "pairing request": of(shared, "SELECT count(*) n FROM channel_pairing_requests"),
      login: of(
        shared,
        "SELECT count(*) n FROM config_machine_state, json_each(value_json, '$.profiles') WHERE state_key = 'authProfiles.store'",
      ),
    };
    shared.close();
    agent.close();
    return counts;
  }
  const folder = join(dir, "agents", "main", "sessions");
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean));
  const message = lines.filter((line) => line.startsWith('{"type":"message"')).length;
  const keysOf = (value: unknown): number => Object.keys(isObject(value) ? value : {}).length;
  const listOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
  return {
    setting,
    session: keysOf(json("agents/main/sessions/sessions.json")),
    message,
    note: lines.length - message,
    "cron job": listOf(json("cron/jobs.json")["jobs"]),
    "cron run": readdirSync(join(dir, "cron", "runs")).flatMap((name) =>
      readFileSync(join(dir, "cron", "runs", name), "utf8")
        .split("\n")
        .filter(Boolean),
    ).length,
    device: keysOf(json("devices/paired.json")),
    node: keysOf(json("nodes/paired.json")),
    "node request": keysOf(json("nodes/pending.json")),
    "allowed sender": listOf(json("credentials/telegram-allowFrom.json")["allowFrom"]),
    "pairing request": listOf(json("credentials/telegram-pairing.json")["requests"]),
    login: keysOf(json("agents/main/agent/auth-profiles.json")["profiles"]),
    "sub-agent run": keysOf(json("subagents/runs.json")["runs"]),
  };
}

const stable = (receipt: Receipt): unknown => ({
  counts: receipt.counts,
  leftInTranscripts: receipt.leftInTranscripts,
  addedEntries: receipt.addedEntries,
  left: receipt.items
    .filter(({ fate }) => fate === "left")
    .map(({ kind, id, reason }) => `${kind} ${id}: ${reason}`),
  warnings: receipt.warnings,
});

test.each(legacySamples)(
  "%s: everything is accounted for, nothing twice, and all of it goes back",
  async (name) => {
    const { sample, paths, input } = setUp(name);
    const before = fingerprint(sample.dir);
    const counted = countIndependently(sample.dir);
    // SQLite of the counter itself leaves files beside the databases; they are not the sample's.
    for (const path of Object.keys(fingerprint(sample.dir)))
      if (!(path in before)) rmSync(join(sample.dir, path));

    const plan = await makePlan(input);
    expect(existsSync(paths.stateDir)).toBe(false);
    const receipt = await applyMigration(input);
    expect(receipt.counts).toEqual(plan.receipt.counts);
    for (const [kind, found] of Object.entries(counted))
      expect([kind, receipt.counts[kind as keyof Receipt["counts"]]?.found]).toEqual([kind, found]);
    for (const count of Object.values(receipt.counts))
      expect(count.carried + count.transformed + count.left).toBe(count.found);
    expect(receipt.counts.message?.left).toBe(0);
    expect(receipt.items.filter(({ fate, reason }) => fate === "left" && !reason)).toEqual([]);
    expect(stable(receipt)).toMatchSnapshot();

    const once = fingerprint(join(paths.stateDir, "agents"));
    expect((await applyMigration(input)).changes).toBe(0);
    expect(fingerprint(join(paths.stateDir, "agents"))).toEqual(once);
    expect(fingerprint(sample.dir)).toEqual(before);

    const undone = await undoMigration(input);
    expect(undone.kept).toEqual([]);
    const rest = Object.keys(fingerprint(paths.stateDir)).filter(
      (path) => !/^(migrations|ledger|gateway)/.test(path),
    );
    expect(rest).toEqual(["credentials/.key"]);
    const stored = await openSessionsReadOnly({ paths });
    expect(stored?.count()).toBe(0);
    stored?.close();
    expect((await applyMigration(input)).counts).toEqual(receipt.counts);
  },
);

test("a receipt holds no secret and no word that was said", async () => {
  const { input } = setUp("openclaw-2026.2.3");
  const text = JSON.stringify(await applyMigration(input));
  expect(text).not.toMatch(/sk-ant-|sk-FAKE|FAKE-telegram|sample-gateway-token|sample answer/);
});

test("in place: old files stay as they are, beside ours", async () => {
  const { sample, paths, input } = setUp("openclaw-2026.2.3", { inPlace: true });
  const before = fingerprint(sample.dir);
  const receipt = await applyMigration(input);
  expect(receipt.from.dir).toBe(paths.stateDir);
  const after = fingerprint(sample.dir);
  expect(Object.entries(before).filter(([path, digest]) => after[path] !== digest)).toEqual([]);
  expect((await applyMigration(input)).changes).toBe(0);
  await undoMigration(input);
  const rest = Object.keys(fingerprint(sample.dir)).filter(
    (path) => !/^(migrations|ledger|gateway)/.test(path),
  );
  expect(rest.toSorted()).toEqual([...Object.keys(before), "credentials/.key"].toSorted());
});

test("what the old program wrote later is added; what was said here since stays when it goes back", async () => {
  const { sample, paths, input } = setUp("openclaw-2026.2.3");
  await applyMigration(input);
  const transcript = join(sample.dir, "agents/main/sessions/caa8fba6-ab53-4a41-b40e-ae7df1ded78a.jsonl");
  const later = {
    type: "message",
    id: "later000",
    timestamp: "2026-11-21T14:00:00.000Z",
    message: { role: "assistant", content: [{ type: "text", text: "later" }] },
  };
  writeFileSync(transcript, `${readFileSync(transcript, "utf8")}${JSON.stringify(later)}\n{"type":"mess`);
  const second = await applyMigration(input);
  expect(second.changes).toBe(1);
  expect(second.leftInTranscripts["a torn or foreign line"]).toBe(1);
  const path = join(paths.agentsDir, "main/sessions/project-notes.jsonl");
  expect(readFileSync(path, "utf8").trim().split("\n").at(-1)).toContain('"later"');
  const own = JSON.stringify({
    id: "own",
    ts: 1,
    role: "user",
    content: [{ type: "text", text: "said here" }],
  });
  writeFileSync(path, `${readFileSync(path, "utf8")}${own}\n`);
  await undoMigration(input);
  const first = await undoMigration(input);
  expect(first.kept).toEqual([
    { what: "session agent:main:project-notes", reason: "it was continued after the migration" },
  ]);
  expect(readFileSync(path, "utf8")).toBe(`${own}\n`);
});

test("settings, devices and logins that are here already are never overwritten", async () => {
  const { paths, input } = setUp("openclaw-2026.2.3");
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(paths.configPath, "{\n  // mine\n  gateway: { port: 4711 },\n}\n");
  const receipt = await applyMigration(input);
  const text = readFileSync(paths.configPath, "utf8");
  expect(text).toContain("// mine");
  expect(text).toContain("4711");
  expect(text).toContain("sample-gateway-token-0001");
  expect(receipt.items).toContainEqual({
    kind: "setting",
    id: "gateway.port",
    fate: "left",
    reason: "another value is set here already",
  });
  await undoMigration(input);
  expect(readFileSync(paths.configPath, "utf8")).toBe("{\n  // mine\n  gateway: { port: 4711 },\n}\n");
});

test("not while a gateway holds the state; a place without an older installation is said", async () => {
  const { paths, input, clock } = setUp("openclaw-2026.2.3");
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  const lock = acquireGatewayLock(paths, { port: 1, version: "test", clock });
  try {
    await expect(applyMigration(input)).rejects.toMatchObject({ code: "GATEWAY_RUNNING" });
  } finally {
    lock.release();
  }
  await expect(makePlan({ ...input, from: "/nowhere/at/all" })).rejects.toMatchObject({
    code: "MIGRATE_SOURCE_MISSING",
  });
  await expect(undoMigration(input)).rejects.toMatchObject({ code: "MIGRATE_RECEIPT_MISSING" });
});
