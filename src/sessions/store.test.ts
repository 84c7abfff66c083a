import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { answer, entry, message, policy } from "../../test/support/ledger-values.ts";
import { manualClock, type ManualClock } from "../../test/support/manual-clock.ts";
import { resolvePaths, type Paths } from "../state/index.ts";
import { openSessionsReadOnly, openStorage, type Storage } from "./index.ts";

const key = "agent:main:main";
let dir: string;
let paths: Paths;
let clock: ManualClock;
let opened: Storage[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "store-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir });
  clock = manualClock();
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
const storeFile = () => join(paths.agentsDir, "main", "session-store.json");

describe("records", () => {
  it("are made once, also when asked twice at the same time", async () => {
    const { sessions } = await open();
    const [a, b] = await Promise.all([sessions.ensure(key, "main"), sessions.ensure(key, "main")]);
    expect(a.sessionId).toBe(b.sessionId);
    expect(sessions.findById(a.sessionId)?.key).toBe(key);
    expect([sessions.count(), sessions.count("main"), sessions.count("ops")]).toEqual([1, 1, 0]);
  });

  it("merge settings, remove with null, and refuse what is not a setting", async () => {
    const { sessions } = await open();
    await sessions.patch(key, { label: " Work ", settings: { thinkingLevel: "high", model: "a/b" } });
    const after = await sessions.patch(key, { settings: { thinkingLevel: null }, route: { to: "7" } });
    expect(after).toMatchObject({ label: "Work", settings: { model: "a/b" }, route: { to: "7" } });
    expect(after.settings.thinkingLevel).toBeUndefined();
    expect(sessions.findByLabel("Work").map((one) => one.key)).toEqual([key]);
    const bad = { code: "SESSION_SETTING_INVALID" };
    await expect(sessions.patch(key, { settings: { thinkingLevel: "wild" } })).rejects.toMatchObject(bad);
    await expect(sessions.patch(key, { settings: { model: 5 } })).rejects.toMatchObject(bad);
    for (const name of ["__proto__", "constructor", "nope"])
      await expect(
        sessions.patch(key, { settings: JSON.parse(`{"${name}": "x"}`) as object }),
      ).rejects.toMatchObject(bad);
    await expect(sessions.patch(key, { label: "x".repeat(65) })).rejects.toMatchObject({
      code: "SESSION_LABEL_INVALID",
    });
    expect(sessions.get(key)?.settings).toEqual({ model: "a/b" });
  });

  it("follow their runs: texts, usage, context size, model", async () => {
    const { ledger, sessions } = await open();
    const before = sessions.version();
    for (const id of ["a", "b"]) {
      await ledger.accept(message(id));
      const lease = await ledger.claim(clock.now());
      if (!lease) throw new Error("no lease");
      const usage = { input: 100, output: 10, cacheRead: 5, cacheWrite: 1, total: 116, cost: 0.5 };
      await ledger.recordEntries(lease, [entry(`${id}:user`)]);
      const end = answer(lease, { usage, endedAt: clock.now() });
      const told = { provider: "p", model: "m", usage };
      await ledger.complete(lease, { ...end, entries: end.entries.map((one) => ({ ...one, ...told })) });
    }
    expect(sessions.get(key)).toMatchObject({
      firstText: "text of a:user",
      lastPreview: "text of b:answer",
      usage: { total: 232, cost: 1 },
      contextTokens: 106,
      provider: "p",
      model: "m",
    });
    expect(sessions.version()).toBeGreaterThan(before);
    const date = new Date(clock.now()).toISOString().slice(0, 10);
    expect(sessions.usageByDay(1)).toMatchObject([{ date, usage: { total: 232 }, missingCostEntries: 0 }]);
    clock.advance(3 * 86_400_000);
    expect(sessions.usageByDay(2)).toEqual([]);
    expect(sessions.usageByDay(4)).toHaveLength(1);
  });
});

describe("listing", () => {
  it("filters and pages, newest first", async () => {
    const { sessions } = await open();
    for (const [at, name] of [
      "agent:main:one",
      "agent:ops:two",
      "global",
      "unknown",
      "agent:main:100%",
    ].entries()) {
      clock.advance(60_000);
      await sessions.ensure(name, /^agent:(\w+)/.exec(name)?.[1] ?? "main");
      if (at === 0) await sessions.patch(name, { label: "First", spawnedBy: key });
    }
    const keys = (query: Parameters<typeof sessions.list>[0]) => sessions.list(query).map((one) => one.key);
    expect(keys({})).toEqual(["agent:main:100%", "agent:ops:two", "agent:main:one"]);
    expect(keys({ includeGlobal: true, includeUnknown: true })).toHaveLength(5);
    expect(keys({ agentId: "ops" })).toEqual(["agent:ops:two"]);
    expect(keys({ limit: 1, offset: 1 })).toEqual(["agent:ops:two"]);
    expect(keys({ activeMinutes: 2 })).toEqual(["agent:main:100%"]);
    expect([keys({ label: "First" }), keys({ spawnedBy: key })]).toEqual([
      ["agent:main:one"],
      ["agent:main:one"],
    ]);
    expect([keys({ search: "FIRST" }), keys({ search: "0%" }), keys({ search: "%" })]).toEqual([
      ["agent:main:one"],
      ["agent:main:100%"],
      ["agent:main:100%"],
    ]);
  });

  it("costs about the same for the first page of many sessions as of few", async () => {
    const { sessions } = await open();
    const fill = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, i) => sessions.ensure(`agent:main:n${from + i}`, "main")),
      );
    const cost = () => {
      const samples = Array.from({ length: 25 }, () => {
        const started = performance.now();
        expect(sessions.list({ limit: 50 })).toHaveLength(50);
        return performance.now() - started;
      });
      return samples.sort((a, b) => a - b)[12] ?? 0;
    };
    await fill(0, 60);
    cost();
    const few = cost();
    await fill(60, 5000);
    expect(cost()).toBeLessThan(few * 4);
  });
});

describe("media", () => {
  it("is stored by digest, once, and never read by a path", async () => {
    const { sessions } = await open();
    const bytes = new Uint8Array([1, 2, 3]);
    const digest = await sessions.putMedia(bytes);
    expect(digest).toBe("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
    expect(await sessions.putMedia(bytes)).toBe(digest);
    expect([...(sessions.getMedia(digest) ?? [])]).toEqual([1, 2, 3]);
    expect(sessions.getMedia("0".repeat(64))).toBeNull();
    for (const bad of ["../../ledger.sqlite", digest.toUpperCase(), ""])
      expect(sessions.getMedia(bad)).toBeNull();
    writeFileSync(join(paths.mediaDir, digest.slice(0, 2), digest), "changed");
    expect(sessions.getMedia(digest)).toBeNull();
  });
});

describe("session-store.json", () => {
  it("is written a little later, 0600, and brings everything back when the ledger is lost", async () => {
    const storage = await open();
    await storage.sessions.patch(key, { label: "L", settings: { thinkingLevel: "low", model: "a/b" } });
    await storage.sessions.append(key, [entry("kept")]);
    const before = storage.sessions.get(key);
    await storage.close();
    expect(statSync(storeFile()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(storeFile(), "utf8"))).toMatchObject({
      [key]: { sessionId: before?.sessionId, label: "L", thinkingLevel: "low", modelOverride: "a/b" },
    });
    for (const suffix of ["", "-wal", "-shm"]) rmSync(paths.ledgerPath + suffix, { force: true });
    const { sessions } = await open();
    expect(sessions.get(key)).toMatchObject({
      sessionId: before?.sessionId,
      label: "L",
      settings: { thinkingLevel: "low", model: "a/b" },
    });
    expect(sessions.tail(key, 5).map((one) => one.id)).toEqual(["kept"]);
  });

  it("takes an older program's list over once and leaves its files as they are", async () => {
    const folder = join(paths.agentsDir, "main", "sessions");
    mkdirSync(folder, { recursive: true });
    symlinkSync("main", join(paths.agentsDir, "default"));
    const list = {
      main: { sessionId: "5e0a", updatedAt: 1000, thinkingLevel: "off" },
      [key]: {
        sessionId: "5e0a",
        updatedAt: 2000,
        inputTokens: 7,
        totalTokens: 9,
        deliveryContext: { channel: "x" },
      },
      "agent:OPS:x/../y": { sessionId: "77", updatedAt: 5, providerOverride: "a", modelOverride: "b" },
      "group:5": { updatedAt: "yesterday", thinkingLevel: "enormous", sessionId: "../../etc" },
      broken: 5,
    };
    const legacy = join(folder, "sessions.json");
    writeFileSync(legacy, JSON.stringify(list));
    writeFileSync(join(folder, "5e0a.jsonl"), '{"type":"session","version":3}\n');
    const { sessions } = await open();
    const all = sessions.list({});
    expect(all.map((one) => one.key).sort()).toEqual([key, "agent:main:group:5", "agent:ops:x/../y"].sort());
    expect(sessions.get(key)).toMatchObject({
      sessionId: "5e0a",
      updatedAt: 2000,
      usage: { input: 7, total: 9 },
    });
    expect(sessions.get("agent:ops:x/../y")).toMatchObject({ agentId: "ops", settings: { model: "a/b" } });
    expect(
      sessions
        .transcriptPath("agent:ops:x/../y")
        .startsWith(join(paths.agentsDir, "ops", "sessions", "x%2F")),
    ).toBe(true);
    await sessions.delete(key, { deleteTranscript: true });
    await opened.pop()?.close();
    expect(JSON.parse(readFileSync(legacy, "utf8"))).toEqual(list);
    expect(readFileSync(join(folder, "5e0a.jsonl"), "utf8")).toContain("session");
    expect((await open()).sessions.get(key)).toBeNull();
  });

  it("does not stop a start when it is not readable", async () => {
    mkdirSync(join(paths.agentsDir, "main"), { recursive: true });
    writeFileSync(storeFile(), '{"agent:main:main": {"sess');
    expect((await open()).sessions.count()).toBe(0);
  });
});

describe("a reader without a gateway", () => {
  it("finds nothing where nothing is, and makes nothing", async () => {
    expect(await openSessionsReadOnly({ paths })).toBeNull();
    expect(() => statSync(paths.ledgerPath)).toThrow(/ENOENT/);
  });

  it("sees committed sessions beside a running gateway", async () => {
    const { sessions } = await open();
    await sessions.ensure(key, "main");
    await sessions.append(key, [entry("a")]);
    const reader = await openSessionsReadOnly({ paths });
    expect(reader?.list({}).map((one) => one.key)).toEqual([key]);
    await sessions.append(key, [entry("b")]);
    const all: string[] = [];
    for await (const one of reader?.all(key) ?? []) all.push(one.id);
    expect(all).toEqual(["a", "b"]);
    reader?.close();
  });
});
