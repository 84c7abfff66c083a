import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { openLedgerDb, type OwnedLedgerDb } from "../ledger/index.ts";
import { createApprovalService, createExecApprovalsFile, type ApprovalService } from "./index.ts";

let dir: string;
let db: OwnedLedgerDb;
let now: number;
let timers: Array<{ at: number; task: () => void }>;
let approvals: ApprovalService;
const clock: Clock = {
  now: () => now,
  monotonic: () => now,
  after: (ms, task) => {
    const timer = { at: now + ms, task };
    timers.push(timer);
    return () => void (timers = timers.filter((each) => each !== timer));
  },
};
const advance = (ms: number) => {
  now += ms;
  for (const timer of timers.filter((each) => each.at <= now)) {
    timers = timers.filter((each) => each !== timer);
    timer.task();
  }
};
const request = (id: string, planDigest = "d") => ({
  id,
  command: "rm x",
  cwd: "/w",
  host: "gateway",
  security: "allowlist",
  ask: "on-miss",
  agentId: "main",
  resolvedPath: "/bin/rm",
  sessionKey: "agent:main:main",
  planDigest,
});
const open = () => {
  db = openLedgerDb({ path: join(dir, "ledger.sqlite"), logger: silentLogger });
  approvals = createApprovalService({ db, clock, logger: silentLogger });
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "approvals-"));
  now = 1_000_000;
  timers = [];
  open();
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("approvals", () => {
  test("are announced once, decided once, used once and only for their plan", async () => {
    const seen: string[] = [];
    approvals.subscribe((event) => seen.push(`${event.type} ${event.record.request.id}`));
    const record = await approvals.request(request("a"), 60_000);
    expect(record.request).toMatchObject({ createdAtMs: now, expiresAtMs: now + 60_000 });
    expect((await approvals.request({ ...request("a"), command: "other" }, 1)).request).toEqual(
      record.request,
    );
    expect(approvals.pending().map((each) => each.request.id)).toEqual(["a"]);
    expect(await approvals.consume("a", "d")).toBe(false);
    const waiting = approvals.wait("a");
    await approvals.resolve("a", "allow-once", "operator");
    expect(await waiting).toMatchObject({
      decision: "allow-once",
      resolvedBy: "operator",
      resolvedAtMs: now,
    });
    await expect(approvals.resolve("a", "deny", "x")).rejects.toMatchObject({ code: "APPROVAL_SETTLED" });
    expect(await approvals.consume("a", "another plan")).toBe(false);
    expect(await Promise.all([approvals.consume("a", "d"), approvals.consume("a", "d")])).toEqual([
      true,
      false,
    ]);
    expect(seen).toEqual(["requested a", "resolved a"]);
    expect(approvals.pending()).toEqual([]);
  });
  test("that nobody answers expire and cannot be decided any more", async () => {
    await approvals.request(request("a"), 1000);
    const waiting = approvals.wait("a");
    advance(1000);
    expect(await waiting).toMatchObject({ decision: null });
    await expect(approvals.resolve("a", "allow-once", "late")).rejects.toMatchObject({
      code: "APPROVAL_SETTLED",
    });
    expect(await approvals.consume("a", "d")).toBe(false);
    await expect(approvals.resolve("b", "deny", "x")).rejects.toMatchObject({ code: "APPROVAL_UNKNOWN" });
    await expect(approvals.wait("b")).rejects.toMatchObject({ code: "APPROVAL_UNKNOWN" });
  });
  test("survive a restart", async () => {
    await approvals.request(request("a"), 60_000);
    await approvals.request(request("b"), 60_000);
    await approvals.resolve("b", "deny", "operator");
    db.close();
    open();
    expect(approvals.pending().map((each) => each.request.id)).toEqual(["a"]);
    const waiting = approvals.wait("a");
    await approvals.resolve("a", "allow-always", "operator");
    expect((await waiting).decision).toBe("allow-always");
    expect((await approvals.wait("b")).decision).toBe("deny");
  });
  test("a wait ends with its signal", async () => {
    await approvals.request(request("a"), 60_000);
    const abort = new AbortController();
    const waiting = approvals.wait("a", abort.signal);
    abort.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    expect(timers).toEqual([]);
  });
});

describe("exec-approvals.json", () => {
  const path = () => join(dir, "exec-approvals.json");
  test("round trip: hash guards, the socket token stays on disk and never leaves", async () => {
    const file = createExecApprovalsFile({ path: path() });
    expect(await file.snapshot()).toMatchObject({ exists: false, file: { version: 1 } });
    writeFileSync(
      path(),
      JSON.stringify({
        version: 1,
        socket: { path: "/s", token: "hidden" },
        defaults: { ask: "always" },
        agents: { "*": { allowlist: [{ pattern: "/bin/ls" }] } },
        future: 1,
      }),
    );
    const before = await file.snapshot();
    expect(JSON.stringify(before)).not.toContain("hidden");
    expect(before.file).toMatchObject({ socket: { path: "/s" }, future: 1 });
    const wanted = {
      ...before.file,
      socket: { path: "/evil", token: "theirs" },
      agents: { main: { security: "deny", allowlist: [{ pattern: "/bin/cat" }] } },
    };
    await expect(file.set(wanted, null)).rejects.toMatchObject({ code: "EXEC_APPROVALS_CONFLICT" });
    await expect(file.set(wanted, "0".repeat(64))).rejects.toMatchObject({ code: "EXEC_APPROVALS_CONFLICT" });
    const after = await file.set(wanted, before.hash);
    expect(after.hash).not.toBe(before.hash);
    expect((await file.snapshot()).hash).toBe(after.hash);
    expect(JSON.parse(readFileSync(path(), "utf8"))).toMatchObject({
      socket: { path: "/s", token: "hidden" },
      agents: { main: { allowlist: [{ id: expect.any(String), pattern: "/bin/cat" }] } },
    });
    expect(await file.rules("main")).toMatchObject({
      security: "deny",
      ask: "always",
      entries: [{ pattern: "/bin/cat" }],
    });
    await expect(file.set({ version: 2 }, after.hash)).rejects.toMatchObject({
      code: "EXEC_APPROVALS_INVALID",
    });
    await expect(
      file.set(JSON.parse('{"version":1,"agents":{"constructor":{"security":"full"}}}'), after.hash),
    ).rejects.toMatchObject({ code: "EXEC_APPROVALS_INVALID" });
  });
  test("entries are added once, side by side, in a private file", async () => {
    const file = createExecApprovalsFile({ path: path() });
    const entry = { pattern: "/bin/ls", argv: ["-l"], cwd: "/w" };
    await Promise.all([
      file.allow("main", [entry]),
      file.allow("main", [entry]),
      file.allow("ops", [entry, { pattern: "/bin/cat" }]),
    ]);
    expect((await file.rules("main")).entries).toHaveLength(1);
    expect((await file.rules("ops")).entries).toHaveLength(2);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });
  test("a file that cannot be understood allows nothing, and can be replaced knowing its hash", async () => {
    writeFileSync(path(), "{ not json");
    const file = createExecApprovalsFile({ path: path() });
    await expect(file.rules("main")).rejects.toMatchObject({ code: "EXEC_APPROVALS_INVALID" });
    await expect(file.set({ version: 1 }, null)).rejects.toMatchObject({ code: "EXEC_APPROVALS_CONFLICT" });
  });
});
