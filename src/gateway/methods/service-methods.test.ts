import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Connection, Method } from "../contract.ts";
import { createHealth } from "../health.ts";
import { createServiceMethods, startEventRelays } from "./index.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
let stopRelays: () => void;
const token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const configText = `{
  // keep me: ${token}
  gateway: { mode: "local", auth: { token: '${token}' } },
  channels: { telegram: { botToken: "123:abc" } },
}
`;

beforeEach(async () => {
  harness = await createTestServices({ config: configText });
  methods = createServiceMethods(harness.services, createHealth(harness.services));
  stopRelays = startEventRelays(harness.services);
});
afterEach(async () => {
  stopRelays();
  await harness.close();
});

async function call(
  name: string,
  params?: unknown,
  connection?: Connection,
): Promise<Record<string, unknown>> {
  return (await harness.call(methods, name, params, connection)) as Record<string, unknown>;
}
async function talk(sessionKey: string, id: string) {
  await call("chat.send", { sessionKey, message: `message ${id}`, idempotencyKey: id });
  await harness.services.runs.wait(id, 5000);
}

describe("the table of methods", () => {
  it("names none twice and lists what the protocol lists", () => {
    const names = methods.map((method) => method.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      "health",
      "status",
      "logs.tail",
      "config.get",
      "sessions.list",
      "chat.send",
      "agent",
      "send",
    ]) {
      expect(names).toContain(name);
    }
  });
});

describe("health and status", () => {
  it("has the documents' members first and the real client's beside them", async () => {
    const health = await call("health");
    expect(Object.keys(health).slice(0, 4)).toEqual(["ok", "version", "uptime", "uptimeMs"]);
    expect(health).toMatchObject({
      ok: true,
      version: "2026.1.2",
      uptime: 5,
      stateVersion: 1,
      gateway: { port: 18789, bind: "loopback", auth: "token" },
      channels: {},
      models: { primary: "test/scripted" },
      nodes: [],
      constraints: { running: 0, queued: 0, cooldowns: [] },
      defaultAgentId: "main",
      agents: [{ agentId: "main", isDefault: true, sessions: { count: 0, recent: [] } }],
      sessions: { count: 0 },
    });
  });

  it("adds checks when asked to look closely, and counts config changes", async () => {
    const deep = await call("health", { deep: true, unknownMember: 1 });
    expect(deep["checks"]).toMatchObject([
      { id: "config", ok: true },
      { id: "storage", ok: true },
      { id: "channels", ok: true },
      { id: "models", ok: true, detail: "test/scripted: valid" },
    ]);
    expect((await call("health"))["models"]).toEqual({ primary: "test/scripted", state: "valid" });
    writeFileSync(harness.services.paths.configPath, '{ gateway: { port: "x" } }');
    const broken = await call("health", { probe: true });
    expect(broken["stateVersion"]).toBe(2);
    expect(broken["checks"]).toMatchObject([{ id: "config", ok: false }, {}, {}, {}]);
  });

  it("names connected nodes and sums up sessions", async () => {
    await talk("main", "s1");
    const status = await call("status");
    expect(status).toMatchObject({
      version: "2026.1.2",
      channels: [],
      sessions: {
        count: 1,
        defaults: { model: "scripted", contextTokens: 1000 },
        recent: [
          {
            key: "agent:main:main",
            kind: "direct",
            age: expect.any(Number),
            percentUsed: expect.any(Number),
          },
        ],
        byAgent: [{ agentId: "main", count: 1 }],
      },
    });
    expect(await call("last-heartbeat")).toBeNull();
    expect(await call("logs.tail", { limit: 3 })).toMatchObject({ lines: ['{"limit":3,"maxBytes":250000}'] });
  });
});

describe("config", () => {
  it("never answers a secret, and its hash is that of the text it shows", async () => {
    const got = await call("config.get");
    const text = JSON.stringify(got);
    expect(text).not.toContain(token);
    expect(text).not.toContain("123:abc");
    expect(got["hash"]).toBe(createHash("sha256").update(String(got["raw"])).digest("hex"));
    expect(got["raw"]).toContain("// keep me");
  });

  it("writes an edited text back with its secrets, and refuses stale and missing hashes", async () => {
    const got = await call("config.get");
    const raw = String(got["raw"]).replace('mode: "local"', 'mode: "local", port: 19999');
    await expect(call("config.set", { raw })).rejects.toThrow("re-run config.get");
    await expect(call("config.set", { raw, baseHash: "stale" })).rejects.toThrow("re-run config.get");
    const set = await call("config.set", { raw, baseHash: got["hash"] });
    expect(set).toMatchObject({ ok: true, config: { gateway: { port: 19999 } } });
    expect(JSON.stringify(set)).not.toContain(token);
    const file = readFileSync(harness.services.paths.configPath, "utf8");
    expect(file).toBe(configText.replace('mode: "local"', 'mode: "local", port: 19999'));
    await expect(call("config.set", { raw, baseHash: got["hash"] })).rejects.toThrow("re-run config.get");
  });

  it("does not move a secret to where it could be read", async () => {
    const got = await call("config.get");
    const marker = /"(__OPENCLAW_REDACTED__:gateway[^"]+)"|'(__OPENCLAW_REDACTED__:gateway[^']+)'/.exec(
      String(got["raw"]),
    );
    const name = marker?.[1] ?? marker?.[2] ?? "none";
    const raw = JSON.stringify({ gateway: { customBindHost: name } });
    await expect(call("config.set", { raw, baseHash: got["hash"] })).rejects.toThrow("cannot be moved");
    const unknown = JSON.stringify({ gateway: { auth: { token: "__OPENCLAW_REDACTED__:nowhere" } } });
    await expect(call("config.set", { raw: unknown, baseHash: got["hash"] })).rejects.toThrow(
      "no stored secret",
    );
  });

  it("applies and patches with a restart, names what is wrong", async () => {
    const got = await call("config.get");
    await expect(
      call("config.apply", { config: { gateway: { port: "x" } }, baseHash: got["hash"] }),
    ).rejects.toMatchObject({ message: "invalid config", details: { issues: [{ path: "gateway.port" }] } });
    expect(harness.restarts).toEqual([]);
    const patched = await call("config.patch", {
      raw: "{ logging: { level: 'debug' } }",
      baseHash: got["hash"],
      restartDelayMs: 99_999,
      note: "why not",
    });
    expect(patched).toMatchObject({
      ok: true,
      restart: { ok: true, pid: process.pid, signal: "SIGUSR1", delayMs: 60_000 },
      sentinel: { payload: { kind: "config-patch", message: "why not" } },
    });
    expect(harness.restarts).toEqual([{ reason: "config.patch", delayMs: 60_000 }]);
    await expect(call("config.apply", {})).rejects.toThrow("exactly one of raw, config");
  });

  it("describes itself", async () => {
    expect(await call("config.schema")).toMatchObject({
      schema: { title: "OpenClaw configuration" },
      uiHints: {},
    });
  });
});

describe("sessions", () => {
  it("lists newest first, from a cache that sees every change", async () => {
    await talk("main", "a");
    await talk("notes", "b");
    const list = await call("sessions.list", { limit: 10, includeLastMessage: true });
    expect(list).toMatchObject({ total: 2, count: 2 });
    expect(await call("sessions.list", { limit: 10, offset: 5 })).toMatchObject({ total: 2, count: 0 });
    expect(await call("sessions.list", { limit: 10, search: "nothing" })).toMatchObject({ total: 0 });
    const rows = list["sessions"] as Array<Record<string, unknown>>;
    expect(rows.map((row) => row["key"]).sort()).toEqual(["agent:main:main", "agent:main:notes"]);
    expect(list).toMatchObject({ count: 2, defaults: { modelProvider: "test", model: "scripted" } });
    await call("sessions.patch", { key: "notes", label: "my notes", thinkingLevel: "high" });
    const again = (await call("sessions.list", { limit: 10, includeLastMessage: true }))["sessions"];
    expect(again).toContainEqual(expect.objectContaining({ label: "my notes", thinkingLevel: "high" }));
    expect(await call("sessions.resolve", { label: "my notes" })).toEqual({
      ok: true,
      key: "agent:main:notes",
    });
    await expect(call("sessions.patch", { key: "main", label: "my notes" })).rejects.toThrow(
      "already in use",
    );
    await expect(call("sessions.resolve", {})).rejects.toThrow("exactly one");
    await expect(call("sessions.list", { agentId: "nobody" })).rejects.toThrow("unknown agent id");
  });

  it("previews what was said", async () => {
    await talk("main", "p1");
    const { previews } = await call("sessions.preview", { keys: ["main", "nothing"], limit: 1 });
    expect(previews).toEqual([
      { key: "main", status: "ok", items: [{ role: "assistant", text: "hello" }] },
      { key: "nothing", status: "missing", items: [] },
    ]);
  });

  it("resets with settings kept, and deletes all but the main session", async () => {
    await talk("notes", "r1");
    const { entry } = await call("sessions.patch", { key: "notes", thinkingLevel: "low" });
    const reset = await call("sessions_reset", { key: "notes" });
    expect(reset).toMatchObject({
      ok: true,
      key: "agent:main:notes",
      entry: { thinkingLevel: "low", inputTokens: 0 },
    });
    expect((reset["entry"] as Record<string, unknown>)["sessionId"]).not.toBe(
      (entry as Record<string, unknown>)["sessionId"],
    );
    await expect(call("sessions.delete", { key: "main" })).rejects.toThrow("cannot be deleted");
    expect(await call("sessions.delete", { key: "notes" })).toMatchObject({ ok: true, deleted: true });
    expect(await call("sessions.delete", { key: "notes" })).toMatchObject({ deleted: false });
  });

  it("clears settings by null and refuses wrong values", async () => {
    await call("sessions.patch", { key: "main", verboseLevel: "full", model: "test/scripted" });
    expect(await call("sessions.patch", { key: "main", verboseLevel: null })).toMatchObject({
      entry: { modelOverride: "scripted", providerOverride: "test" },
      resolved: { modelProvider: "test", model: "scripted" },
    });
    await expect(call("sessions.patch", { key: "main", verboseLevel: "loud" })).rejects.toThrow(
      "verbose level",
    );
    await expect(call("sessions.patch", { key: "main", model: "no/such" })).rejects.toThrow("no/such");
    await expect(call("sessions.patch", { key: "main", sendPolicy: "maybe" })).rejects.toThrow();
  });
});

describe("agents", () => {
  it("reads and writes the workspace files it names, and no other", async () => {
    const name = "AGENTS.md";
    await call("agents.files.set", { agentId: "main", name, content: "# Hi" });
    expect(await call("agents.files.get", { agentId: "main", name })).toMatchObject({
      file: { name, missing: false, content: "# Hi", size: 4 },
    });
    const { files } = await call("agents.files.list", { agentId: "main" });
    expect((files as Array<{ name: string; missing: boolean }>).filter((file) => !file.missing)).toHaveLength(
      1,
    );
    for (const bad of ["../x", "agents.md", "/etc/passwd"]) {
      await expect(call("agents.files.get", { agentId: "main", name: bad })).rejects.toThrow(
        "unsupported file",
      );
    }
    const outside = join(harness.workspace, "..", "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "s"), "secret");
    symlinkSync(join(outside, "s"), join(harness.workspace, "SOUL.md"));
    await expect(call("agents.files.get", { agentId: "main", name: "SOUL.md" })).rejects.toThrow(/outside/);
  });

  it("lists agents, models, skills and usage", async () => {
    expect(await call("agents.list")).toMatchObject({
      defaultId: "main",
      mainKey: "main",
      agents: [{ id: "main" }],
    });
    expect(await call("agent.identity.get")).toEqual({ agentId: "main", name: "Assistant", avatar: "A" });
    expect(await call("models.list")).toMatchObject({ models: [{ id: "scripted", provider: "test" }] });
    expect(await call("models.status")).toMatchObject({
      primary: "test/scripted",
      profiles: [{ state: "valid" }],
    });
    expect(await call("usage.status")).toMatchObject({ providers: [{ provider: "test", windows: [] }] });
    await talk("main", "u1");
    const cost = await call("usage.cost", { days: "7" });
    expect(cost).toMatchObject({ days: 7, totals: { input: 12, output: 3, totalTokens: 15 } });
    expect(await call("skills.status")).toMatchObject({ skills: [] });
    expect(await call("channels.status", { probe: true })).toMatchObject({
      channelOrder: [],
      channelAccounts: {},
    });
    await expect(
      call("send", { to: "x", message: "hi", idempotencyKey: "k", channel: "smoke" }),
    ).rejects.toThrow("unsupported channel");
  });
});

describe("approvals", () => {
  it("answers the request when somebody decides, and tells those who may", async () => {
    const pending = call("exec.approval.request", { id: "ap1", command: "rm -rf x" });
    await expect.poll(async () => (await call("exec.approval.list"))["approvals"]).toHaveLength(1);
    await call("exec.approval.resolve", { id: "ap1", decision: "allow-once" });
    expect(await pending).toMatchObject({ id: "ap1", decision: "allow-once" });
    const sent = harness.events.filter((each) => each.event.startsWith("exec.approval"));
    expect(sent.map((each) => [each.event, each.requires])).toEqual([
      ["exec.approval.requested", "approvals"],
      ["exec.approval.resolved", "approvals"],
    ]);
    expect(sent[0]?.payload).toMatchObject({ id: "ap1", request: { command: "rm -rf x", cwd: null } });
  });
});

describe("cron", () => {
  const hourly = {
    name: "look",
    schedule: { kind: "every", everyMs: 3_600_000 },
    payload: { kind: "agentTurn", message: "look around" },
  };

  it("normalises, stores, really runs, and reports", async () => {
    const job = await call("cron.add", { job: hourly });
    expect(job).toMatchObject({
      enabled: true,
      sessionTarget: "isolated",
      wakeMode: "next-heartbeat",
      delivery: { mode: "announce" },
      state: { nextRunAtMs: expect.any(Number) },
    });
    expect(await call("cron.run", { id: job["id"] })).toEqual({ ok: true, ran: false, reason: "not-due" });
    expect(await call("cron.run", { jobId: job["id"], mode: "force" })).toEqual({ ok: true, ran: true });
    await expect
      .poll(async () => ((await call("cron.runs", { id: job["id"] }))["entries"] as unknown[])[0])
      .toMatchObject({ status: "ok", summary: "hello", action: "finished" });
    expect(harness.leases[0]).toMatchObject({ sessionKey: `agent:main:cron:${String(job["id"])}` });
    const actions = harness.events
      .filter((each) => each.event === "cron")
      .map((each) => each.payload["action"]);
    expect(actions).toEqual(["added", "started", "finished"]);
    expect(await call("cron.update", { id: job["id"], patch: { enabled: false } })).toMatchObject({
      enabled: false,
    });
    expect(await call("cron.list")).toEqual({ jobs: [] });
    expect(await call("cron.status")).toMatchObject({ jobs: 1, nextWakeAtMs: null });
    expect(await call("cron.remove", { id: job["id"] })).toEqual({ ok: true, removed: true });
  });

  it.each([
    [{ ...hourly, schedule: { kind: "cron", expr: "not cron" } }, /schedule.expr "not cron"/],
    [{ ...hourly, schedule: { kind: "at", at: "2001-01-01T00:00:00Z" } }, /in the past/],
    [{ ...hourly, schedule: { kind: "at", at: "2999-01-01T00:00:00Z" } }, /ten years ahead/],
    [{ ...hourly, sessionTarget: "main" }, /needs payload.kind "systemEvent"/],
    [{ ...hourly, surprise: 1 }, /surprise/],
    [{}, /name/],
  ])("refuses %j", async (job, message) => {
    await expect(call("cron.add", job)).rejects.toThrow(message);
  });
});
