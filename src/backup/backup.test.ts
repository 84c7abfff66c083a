// Whole backups over real state directories: written beside a running storage, read, tampered with and restored.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { answer, message, policy } from "../../test/support/ledger-values.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { openStorage } from "../sessions/index.ts";
import { acquireGatewayLock, readRestoreHold, resolvePaths } from "../state/index.ts";
import {
  createBackup,
  listHeld,
  readBackup,
  readInfo,
  releaseHeld,
  restoreBackup,
  type BackupKind,
} from "./index.ts";

const undo: Array<() => void> = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

const signal = new AbortController().signal;
const common = { version: "2026.11.1", clock: systemClock, signal };

function createState(): {
  home: string;
  paths: ReturnType<typeof resolvePaths>;
  put(name: string, text: string): string;
} {
  const home = mkdtempSync(join(tmpdir(), "openclaw-backup-"));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  const paths = resolvePaths({ env: {}, home });
  const put = (name: string, text: string) => {
    const path = join(paths.stateDir, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  put("openclaw.json", "{ gateway: { mode: 'local' } }");
  put(".env", "KEY=value\n");
  put("credentials/anthropic.default.json", "{}");
  put("agents/main/agent/auth-profiles.json", "{}");
  put("workspace/AGENTS.md", "be kind");
  put("logs/openclaw-2026-11-21.log", "noise");
  put("cache/memory/x", "noise");
  put("status.json", "{}");
  put("starts.json", "{}");
  put(".openclaw.json.4711.abcdef.tmp", "torn");
  put("devices/paired.json.lock", "");
  return { home, paths, put };
}

const open = (paths: ReturnType<typeof resolvePaths>) =>
  openStorage({ paths, clock: systemClock, logger: silentLogger, policy: () => policy() });

async function backUp(state: ReturnType<typeof createState>, kind: BackupKind = "full", passphrase?: Secret) {
  const output = join(state.home, `b-${kind}.tar.gz`);
  return await createBackup({
    ...common,
    paths: state.paths,
    kind,
    output,
    ...(passphrase ? { passphrase } : {}),
  });
}

/** A second machine. */
function elsewhere() {
  const home = mkdtempSync(join(tmpdir(), "openclaw-restored-"));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  return resolvePaths({ env: {}, home });
}
const restore = (path: string, paths: ReturnType<typeof resolvePaths>, change: object = {}) =>
  restoreBackup({ ...common, path, paths, force: false, release: false, ...change });

describe("backup create", () => {
  it("takes what matters with its modes, and nothing that is made anew", async () => {
    const state = createState();
    chmodSync(state.put("workspace/run.sh", "#!/bin/sh"), 0o755);
    symlinkSync("/etc/passwd", join(state.paths.stateDir, "workspace/link"));
    symlinkSync("main", join(state.paths.stateDir, "agents/default"));
    const { path, manifest } = await backUp(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(manifest.files.map((file) => file.path).sort()).toEqual([
      ".openclaw/.env",
      ".openclaw/agents/main/agent/auth-profiles.json",
      ".openclaw/credentials/anthropic.default.json",
      ".openclaw/openclaw.json",
      ".openclaw/workspace/AGENTS.md",
      ".openclaw/workspace/run.sh",
    ]);
    expect(manifest.leftOut).toEqual([{ path: "workspace/link", reason: "a link" }]);
    const paths = elsewhere();
    await restore(path, paths);
    const mode = (name: string) => statSync(join(paths.stateDir, name)).mode & 0o777;
    expect([mode("."), mode(".env"), mode("workspace/run.sh"), mode("credentials")]).toEqual([
      0o700, 0o600, 0o755, 0o700,
    ]);
  });

  it("keeps only what cannot be typed again with --minimal", async () => {
    const { manifest } = await backUp(createState(), "minimal");
    expect(manifest.files.map((file) => file.path).sort()).toEqual([
      ".openclaw/.env",
      ".openclaw/agents/main/agent/auth-profiles.json",
      ".openclaw/credentials/anthropic.default.json",
      ".openclaw/openclaw.json",
    ]);
  });

  it("is unpacked by plain tar below .openclaw", async () => {
    const state = createState();
    const { path } = await backUp(state);
    const to = join(state.home, "plain");
    mkdirSync(to);
    expect(spawnSync("tar", ["-C", to, "-xzf", path], { encoding: "utf8" }).stderr).toBe("");
    expect(readFileSync(join(to, ".openclaw/workspace/AGENTS.md"), "utf8")).toBe("be kind");
  });

  it("never replaces a file, and leaves nothing behind when it is interrupted", async () => {
    const state = createState();
    const { path } = await backUp(state);
    await expect(backUp(state)).rejects.toMatchObject({ code: "FILE_EXISTS" });
    rmSync(path);
    const stopped = new AbortController();
    stopped.abort(new Error("Ctrl-C"));
    await expect(
      createBackup({ ...common, paths: state.paths, kind: "full", output: path, signal: stopped.signal }),
    ).rejects.toThrow("Ctrl-C");
    expect(readdirSync(state.home)).toEqual([".openclaw"]);
  });

  it("removes what a backup that was killed left, and nothing else", async () => {
    const state = createState();
    const left = (pid: number, end = "") => `.openclaw-backup.${pid}.0123456789ab.tmp${end}`;
    const dead = spawnSync("true").pid;
    const names = [
      left(dead),
      left(dead, ".ledger"),
      left(dead, ".ledger-journal"),
      left(process.pid),
      ".mine.1.ab.tmp",
    ];
    for (const name of names) writeFileSync(join(state.home, name), "secret");
    await backUp(state);
    expect(new Set(readdirSync(state.home))).toEqual(
      new Set([".mine.1.ab.tmp", left(process.pid), ".openclaw", "b-full.tar.gz"]),
    );
  });

  it("is one moment of a storage that is being written to", async () => {
    const state = createState();
    const storage = await open(state.paths);
    let stop = false;
    const writer = (async () => {
      for (let n = 0; !stop && n < 3000; n++) {
        await storage.ledger.accept(message(`m${n}`, { session: `s${n % 5}` }));
        const lease = await storage.ledger.claim(Date.now());
        if (lease) await storage.ledger.complete(lease, answer(lease));
        if (n % 50 === 49) await storage.sessions.reset(`agent:main:s${n % 5}`);
        if (n % 10 === 0) await nextTurn();
      }
    })();
    const archives: string[] = [];
    for (let n = 0; n < 4; n++) {
      const output = join(state.home, `live-${n}.tar.gz`);
      await createBackup({ ...common, paths: state.paths, kind: "full", output });
      archives.push(output);
    }
    stop = true;
    await writer;
    await storage.close();
    for (const archive of archives) {
      const paths = elsewhere();
      await restore(archive, paths, { release: true });
      const restored = await open(paths);
      try {
        await restored.ledger.recover();
        expect(await differences(restored, paths)).toEqual([]);
      } finally {
        await restored.close();
      }
    }
  });
});

/** What is in a transcript and not in the ledger, or the other way round. */
async function differences(
  { db }: Awaited<ReturnType<typeof open>>,
  paths: ReturnType<typeof resolvePaths>,
): Promise<string[]> {
  const answered = new Set(
    db
      .read((sql) => sql.all<{ run_id: string }>("SELECT run_id FROM runs WHERE state = 'done'"))
      .map((row) => `${row.run_id}:answer`),
  );
  const folder = join(paths.agentsDir, "main", "sessions");
  const written = readdirSync(folder)
    .filter((name) => name.includes(".jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean))
    .map((line) => (JSON.parse(line) as { id: string }).id)
    .filter((id) => id.endsWith(":answer"));
  expect(answered.size).toBeGreaterThan(0);
  const known = new Set(written);
  return [
    ...written.filter((id, index) => written.indexOf(id) !== index).map((id) => `${id} twice`),
    ...written.filter((id) => !answered.has(id)).map((id) => `${id} is younger than the cut`),
    ...[...answered].filter((id) => !known.has(id)).map((id) => `${id} is lost`),
  ];
}

describe("backup restore", () => {
  it("refuses a state that is not empty, moves it aside with force, and never touches one in use", async () => {
    const state = createState();
    const { path } = await backUp(state);
    await expect(restore(path, state.paths)).rejects.toMatchObject({ code: "STATE_NOT_EMPTY" });
    const lock = acquireGatewayLock(state.paths, { port: 1, version: "x", clock: systemClock });
    await expect(restore(path, state.paths, { force: true })).rejects.toMatchObject({
      code: "GATEWAY_RUNNING",
    });
    lock.release();
    state.put("workspace/AGENTS.md", "changed since");
    const { movedAside } = await restore(path, state.paths, { force: true });
    expect(readFileSync(join(state.paths.stateDir, "workspace/AGENTS.md"), "utf8")).toBe("be kind");
    expect(readFileSync(join(movedAside ?? "", "workspace/AGENTS.md"), "utf8")).toBe("changed since");
    expect(readRestoreHold(state.paths.stateDir)).not.toBeNull();
  });

  it("changes nothing when the archive is damaged, foreign or encrypted with another passphrase", async () => {
    const state = createState();
    state.put("workspace/big.bin", "0123456789abcdef".repeat(20_000));
    const passphrase = new Secret("four random words here");
    const plain = await backUp(state);
    const closed = await createBackup({
      ...common,
      paths: state.paths,
      kind: "full",
      output: join(state.home, "c.enc"),
      passphrase,
    });
    const variant = (name: string, bytes: Buffer) => {
      const path = join(state.home, name);
      writeFileSync(path, bytes);
      return path;
    };
    const bytes = readFileSync(plain.path);
    const foreign = spawnSync("tar", ["-C", state.home, "-czf", "-", ".openclaw"], { maxBuffer: 2 ** 28 });
    const cases: Array<[string, string, Secret | undefined]> = [
      [variant("cut", bytes.subarray(0, bytes.length - 20)), "ARCHIVE_CORRUPT", undefined],
      [variant("text", Buffer.from("not an archive at all")), "ARCHIVE_CORRUPT", undefined],
      [variant("empty", Buffer.alloc(0)), "ARCHIVE_CORRUPT", undefined],
      [variant("foreign", foreign.stdout), "NOT_A_BACKUP", undefined],
      [join(state.home, "missing"), "STORAGE_DENIED", undefined],
      [closed.path, "PASSPHRASE_NEEDED", undefined],
      [closed.path, "PASSPHRASE_WRONG", new Secret("four other words here")],
    ];
    const paths = elsewhere();
    for (const [path, code, wrong] of cases) {
      await expect(restore(path, paths, wrong ? { passphrase: wrong } : {}), code).rejects.toMatchObject({
        code,
      });
      expect(readdirSync(dirname(paths.stateDir))).toEqual([]);
    }
    await restore(closed.path, paths, { passphrase });
    expect(statSync(join(paths.stateDir, "workspace/big.bin")).size).toBe(320_000);
  });

  it("notices any changed byte of the content", async () => {
    const { gzipSync } = await import("node:zlib");
    const state = createState();
    const { path } = await backUp(state);
    const tar = gunzipSync(readFileSync(path));
    const at = tar.indexOf("be kind");
    tar[at] = "X".charCodeAt(0);
    writeFileSync(join(state.home, "tampered"), gzipSync(tar));
    await expect(readBackup({ path: join(state.home, "tampered"), signal })).rejects.toMatchObject({
      code: "ARCHIVE_CORRUPT",
      message: expect.stringContaining("AGENTS.md") as string,
    });
    expect((await readBackup({ path, signal })).manifest.files).toHaveLength(5);
    expect(await readInfo({ path })).toMatchObject({ kind: "full", version: "2026.11.1" });
  });
});

describe("unfinished work after a restore", () => {
  const target = { channel: "webhook", account: "default", to: "room" };

  async function withUnfinishedWork() {
    const state = createState();
    const storage = await open(state.paths);
    await storage.ledger.accept(message("m1", { deliverTo: target }));
    const lease = await storage.ledger.claim(Date.now());
    expect(lease?.runId).toBe("m1");
    await storage.ledger.accept(message("m2"));
    for (const key of ["d1", "d2"])
      await storage.ledger.enqueueDelivery({
        key,
        runId: null,
        target: { ...target, to: key },
        text: "hello",
      });
    expect((await storage.ledger.claimDelivery(Date.now() + 1))?.row.key).toBe("d1");
    const { path } = await backUp(state);
    await storage.close();
    const paths = elsewhere();
    const { held } = await restore(path, paths);
    return { paths, held };
  }

  it("is set aside: nothing runs and nothing is sent", async () => {
    const { paths, held } = await withUnfinishedWork();
    expect(held?.messages.map(({ runId }) => runId)).toEqual(["m1", "m2"]);
    expect(held?.deliveries.map(({ key, mayHaveArrived }) => [key, mayHaveArrived])).toEqual([
      ["d1", true],
      ["d2", false],
    ]);
    expect(listHeld(paths.ledgerPath)).toEqual(held);
    const storage = await open(paths);
    expect(await storage.ledger.recover()).toMatchObject({ interruptedRuns: 0, ambiguousDeliveries: 0 });
    expect(await storage.ledger.claim(Date.now())).toBeNull();
    expect(await storage.ledger.claimDelivery(Date.now() + 60_000)).toBeNull();
    await storage.close();
  });

  it("goes on after a release as after a crash", async () => {
    const { paths } = await withUnfinishedWork();
    releaseHeld({ ledgerPath: paths.ledgerPath, discard: false, now: Date.now() });
    expect(listHeld(paths.ledgerPath)).toEqual({ messages: [], deliveries: [] });
    const storage = await open(paths);
    await storage.ledger.recover();
    expect(await storage.ledger.claim(Date.now())).toMatchObject({ runId: "m1", resumed: true });
    const first = await storage.ledger.claimDelivery(Date.now() + 60_000);
    const second = await storage.ledger.claimDelivery(Date.now() + 60_000);
    expect([first?.row.key, first?.ambiguous, second?.row.key, second?.ambiguous]).toEqual([
      "d1",
      true,
      "d2",
      false,
    ]);
    await storage.close();
  });

  it("does not answer twice what arrived once more meanwhile", async () => {
    const { paths } = await withUnfinishedWork();
    const first = await open(paths);
    await first.ledger.accept(message("m2", { text: "again" }));
    await first.close();
    releaseHeld({ ledgerPath: paths.ledgerPath, discard: false, now: Date.now() });
    const storage = await open(paths);
    expect(storage.ledger.why("m2").messages.map(({ text }) => text)).toEqual(["again"]);
    await storage.close();
  });

  it("ends with its reason recorded when it is discarded", async () => {
    const { paths } = await withUnfinishedWork();
    releaseHeld({ ledgerPath: paths.ledgerPath, discard: true, now: Date.now() });
    const storage = await open(paths);
    await storage.ledger.recover();
    expect(await storage.ledger.claim(Date.now())).toBeNull();
    expect(storage.ledger.why("m1").messages[0]).toMatchObject({
      state: "done",
      outcome: "aborted",
      outcomeDetail: "discarded after a restore",
    });
    expect(storage.ledger.deliveries({ state: "dead" }).map(({ key }) => key)).toEqual(["d1", "d2"]);
    await storage.close();
  });

  it("has nothing to do where there is no ledger", () => {
    const paths = elsewhere();
    expect(listHeld(paths.ledgerPath)).toEqual({ messages: [], deliveries: [] });
    expect(existsSync(paths.ledgerPath)).toBe(false);
  });
});
