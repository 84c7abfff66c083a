import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestServices } from "../../test/support/gateway-services.ts";
import { startTestServer } from "../../test/support/gateway-server.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import type { AuthStatus } from "../models/contract.ts";
import type { ChannelAccountStatus } from "../routing/contract.ts";
import { clearBackupRecord, writeBackupRecord, type BackupRecord } from "../state/index.ts";
import type { GatewayServices } from "./contract.ts";
import { createHealth, type HealthMonitor } from "./health.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
const clock = manualClock();
beforeEach(async () => {
  harness = await createTestServices({ clock });
});
afterEach(() => harness.close());

const later = (ms: number) => clock.advance(ms);
const codes = (health: HealthMonitor) => health.conditions().map(({ code }) => code);
const monitor = (more: Partial<GatewayServices> = {}) => createHealth({ ...harness.services, ...more });

function channel(status: Partial<ChannelAccountStatus>): Partial<GatewayServices> {
  const account: ChannelAccountStatus = {
    accountId: "default",
    enabled: true,
    configured: true,
    running: true,
    connected: true,
    lastStartAt: null,
    lastStopAt: null,
    lastError: null,
    lastInboundAt: null,
    lastOutboundAt: null,
    lastProbeAt: null,
    ...status,
  };
  const { channels } = harness.services;
  return {
    channels: { ...channels, ids: () => ["telegram"], label: () => "Telegram", accounts: () => [account] },
  };
}

const delivery = (key: string) => ({
  key,
  runId: null,
  target: { channel: "telegram", account: "default", to: "1" },
  text: "hello",
});

it("finds nothing where nothing is the matter", () => {
  expect(monitor().current()).toMatchObject({ ok: true, conditions: [] });
});

it("a look around that failed is told until one ends well, and the health tells what is planned", async () => {
  const { heartbeat } = harness.services;
  const [agent] = heartbeat.agents();
  const last = { ts: clock.now(), status: "failed", detail: "no key", agentId: "main", runId: "r1" } as const;
  const failing = { ...heartbeat, agents: () => (agent ? [{ ...agent, last }] : []) };
  expect(monitor({ heartbeat: failing }).conditions()).toMatchObject([
    { code: "heartbeat-failing", subject: "main", text: "main: no key", hint: "openclaw why r1" },
  ]);
  await heartbeat.setEnabled(false);
  expect(monitor().current()).toMatchObject({
    conditions: [],
    heartbeatSeconds: 1800,
    agents: [
      { agentId: "main", heartbeat: { enabled: false, every: "30m", everyMs: 1_800_000, target: "last" } },
    ],
  });
});

it("a scheduled backup that fails, or is not made, is told until one is made", () => {
  const { stateDir } = harness.services.paths;
  const now = clock.now();
  const record: BackupRecord = {
    schedule: "every 1d",
    dueAt: now + 1000,
    staleAt: now + 2000,
    last: null,
    failure: null,
    archives: [],
  };
  writeBackupRecord(stateDir, record);
  const health = monitor();
  expect(codes(health)).toEqual([]);
  later(2001);
  expect(health.conditions()).toMatchObject([{ code: "backup-stale", severity: "warning" }]);
  const failure = { at: clock.now(), code: "STORAGE_FAILED", message: "no space left", times: 2 };
  writeBackupRecord(stateDir, { ...record, failure });
  // What fails is why there is none.
  later(1000);
  expect(health.conditions()).toMatchObject([
    { code: "backup-failing", text: "no space left (2 time(s)); the last one was made never" },
  ]);
  clearBackupRecord(stateDir);
  later(1000);
  expect(codes(health)).toEqual([]);
});

it("a storage that fails makes it not ready, and is the only thing told of it", async () => {
  const ledger = {
    ...harness.services.ledger,
    deliveries: () => {
      throw new Error("disk I/O error");
    },
    activity: () => ({ running: [], queued: 3 }),
  };
  const health = monitor({ ledger });
  health.current();
  later(120_000);
  expect(health.current()).toMatchObject({ ok: false });
  expect(codes(health)).toEqual(["storage-failing"]);
  await using server = await startTestServer({ parts: () => ({ health }) });
  const answer = await fetch(`${server.http}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { ok: false, status: "not ready", conditions: ["storage-failing"] },
  ]);
  expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
});

it("tells of a channel that stays away, not of one that just reconnects", () => {
  const health = monitor(channel({ connected: false, lastError: "ETIMEDOUT" }));
  expect(codes(health)).toEqual([]);
  later(31_000);
  expect(health.conditions()).toMatchObject([
    { code: "channel-disconnected", subject: "telegram/default", severity: "error" },
  ]);
  expect(health.conditions()[0]?.text).toContain("ETIMEDOUT");
});

it("tells per direction what was last proved, and when", () => {
  const now = clock.now();
  const evidence = (more: Parameters<typeof channel>[0]) =>
    (monitor(channel(more)).current()["channels"] as Record<string, { evidence: unknown }>)["telegram"]
      ?.evidence;
  const none = { provedAt: null, ageMs: null };
  const at = (ageMs: number) => ({ provedAt: now - ageMs, ageMs });
  // That it says it is connected proves nothing.
  expect(evidence({ connected: true })).toEqual({ receive: none, send: none, reach: none });
  expect(evidence({ lastInboundAt: now - 5000, lastOutboundAt: now - 60_000 })).toEqual({
    receive: at(5000),
    send: at(60_000),
    reach: at(5000),
  });
  const probed = (ok: boolean) => evidence({ lastProbeAt: now - 1000, probe: { ok, elapsedMs: 1 } });
  expect(probed(true)).toEqual({ receive: none, send: none, reach: at(1000) });
  expect(probed(false)).toEqual({ receive: none, send: none, reach: none });
});

it("calls a channel deaf by evidence: a failed probe and nothing received or sent since", () => {
  const now = clock.now();
  const probe = { ok: false, error: "401 Unauthorized", elapsedMs: 5 };
  expect(codes(monitor(channel({ probe, lastProbeAt: now, lastInboundAt: now - 1 })))).toEqual([
    "channel-deaf",
  ]);
  expect(codes(monitor(channel({ probe, lastProbeAt: now - 5, lastInboundAt: now })))).toEqual([]);
  expect(codes(monitor(channel({ probe, lastProbeAt: now, enabled: false })))).toEqual([]);
});

it("tells of messages that cannot get out, and of those that were given up, for a day", async () => {
  const { ledger } = harness.services;
  const { row } = await ledger.enqueueDelivery(delivery("d-1"));
  const health = monitor();
  for (let attempt = 0; attempt < 2; attempt++) {
    const claimed = await ledger.claimDelivery(clock.now());
    expect(claimed?.row.id).toBe(row.id);
    await ledger.settleDelivery(row.id, { kind: "retry", error: "HTTP 500", afterMs: 1 }, clock.now());
    later(31_000);
  }
  expect(health.conditions()).toMatchObject([{ code: "channel-mute", subject: "telegram/default" }]);
  await ledger.claimDelivery(clock.now());
  await ledger.settleDelivery(row.id, { kind: "dead", error: "chat not found" }, clock.now());
  later(2000);
  expect(health.conditions()).toMatchObject([{ code: "outbox-dead-letters", severity: "warning" }]);
  expect(health.conditions()[0]?.text).toContain("chat not found");
  later(25 * 3_600_000);
  expect(codes(health)).toEqual([]);
});

it("tells of a queue that stands still and of a run past its deadline", () => {
  const stuck = monitor({
    ledger: { ...harness.services.ledger, activity: () => ({ running: [], queued: 2 }) },
  });
  expect(codes(stuck)).toEqual([]);
  later(61_000);
  expect(codes(stuck)).toEqual(["queue-stuck"]);
  const run = { runId: "r-1", sessionKey: "agent:main:main", agentId: "main", startedAt: 0 };
  const overdue = { ...run, deadlineAt: clock.now() - 40_000 };
  const ledger = { ...harness.services.ledger, activity: () => ({ running: [overdue], queued: 0 }) };
  expect(codes(monitor({ ledger }))).toEqual(["run-overdue"]);
});

it("tells of a login that does not work only when no other of that provider does", async () => {
  const row = (profileId: string, state: AuthStatus["state"]): AuthStatus => ({
    provider: "test",
    profileId,
    kind: "apiKey" as AuthStatus["kind"],
    source: "config",
    state,
  });
  const withLogins = async (...rows: AuthStatus[]) => {
    const models = { ...harness.services.models, status: () => Promise.resolve(rows) };
    const health = monitor({ models });
    await health.refresh({ probe: false });
    return codes(health);
  };
  expect(await withLogins(row("a", "expired"))).toEqual(["model-credentials"]);
  expect(await withLogins(row("a", "expired"), row("b", "valid"))).toEqual([]);
  expect(await withLogins(row("a", "cooldown"))).toEqual([]);
});

it("tells of safe mode, and why the brake pulled it", () => {
  const safe = (by: "flag" | "brake") => ({ by, reason: `by ${by}`, since: clock.now() });
  expect(codes(monitor({ safeMode: () => safe("flag") }))).toEqual(["safe-mode"]);
  expect(codes(monitor({ safeMode: () => safe("brake") }))).toEqual(["restart-loop"]);
});
