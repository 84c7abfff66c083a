// What the existing web UI asks, page by page, and the members it reads from the answers (protocol.md section 8); and
// that such a page can be served from a folder.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { baseConfig, createHome, e2eToken, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { expectExactFrames } from "../support/e2e-shapes.ts";
import type { SignedIn } from "../support/e2e-socket.ts";
import { cliConnect, openRaw, testDevice } from "../support/gateway-server.ts";
import { freePort } from "../torture/gateway-process.ts";

let home: E2eHome;
let gateway: Gateway;
let page: SignedIn;

beforeAll(async () => {
  home = createHome();
  const root = join(home.dir, "their-ui");
  mkdirSync(join(root, "assets"), { recursive: true });
  writeFileSync(
    join(root, "index.html"),
    '<!doctype html><script type="module" src="assets/app.js"></script>',
  );
  writeFileSync(join(root, "assets", "app.js"), "export {};");
  home.configure({
    ...baseConfig,
    gateway: { ...baseConfig.gateway, controlUi: { root } },
    channels: { telegram: { enabled: false } },
    tools: { exec: { pathPrepend: [join(home.dir, "bin")] } },
  });
  const skill = join(home.stateDir, "workspace", "skills", "sail");
  mkdirSync(skill, { recursive: true });
  const metadata = {
    primaryEnv: "SAIL_KEY",
    requires: { bins: ["sextant-of-none"], env: ["SAIL_KEY"] },
    install: [{ id: "go", kind: "go", module: "example.org/sextant", bins: ["sextant-of-none"] }],
  };
  writeFileSync(
    join(skill, "SKILL.md"),
    `---\nname: sail\ndescription: How to sail.\nmetadata: ${JSON.stringify({ openclaw: metadata })}\n---\n`,
  );
  mkdirSync(join(home.dir, "bin"));
  writeFileSync(
    join(home.dir, "bin", "go"),
    '#!/bin/sh\nmkdir -p "$GOBIN" && cp /bin/true "$GOBIN/sextant-of-none" && echo "$@"\n',
    { mode: 0o755 },
  );
  gateway = await home.gateway();
  page = await openPage();
});
afterAll(async () => {
  expectExactFrames(page.frames);
  page.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

/** As the page connects: an Origin, a device of the browser, mode `webchat`. */
async function openPage(token = e2eToken, device = testDevice()): Promise<SignedIn> {
  const socket = await openRaw(gateway.url, { origin: gateway.http });
  const params = await cliConnect(socket, {
    token,
    device,
    client: { id: "openclaw-control-ui", mode: "webchat", version: "dev", platform: "Linux x86_64" },
  });
  const { payload, error } = await socket.request(
    "connect",
    { ...params, userAgent: "Mozilla/5.0", locale: "en-US" },
    "connect",
  );
  expect(error).toBeUndefined();
  return Object.assign(socket as SignedIn, {
    hello: payload as Record<string, unknown>,
    async ask(method: string, call: unknown = {}) {
      const answer = await socket.request(method, call);
      expect(answer.error, method).toBeUndefined();
      return answer.payload as Record<string, unknown>;
    },
    async event(name: string, fits: (payload: Record<string, unknown>) => boolean = () => true) {
      const frame = await socket.next(
        (each) => each["event"] === name && fits(each.payload as Record<string, unknown>),
      );
      return frame.payload as Record<string, unknown>;
    },
  });
}

async function gives<T>(method: string, params: unknown, shape: z.ZodType<T>): Promise<T> {
  const answer = await page.ask(method, params);
  const parsed = shape.safeParse(answer);
  expect(parsed.error?.message, `${method} ${JSON.stringify(answer).slice(0, 600)}`).toBeUndefined();
  return parsed.data as T;
}

const text = z.string();
const n = z.number();
const flags = z.boolean().nullish();
const job = z.looseObject({
  id: text,
  name: text,
  enabled: z.boolean(),
  schedule: z.looseObject({ kind: z.enum(["at", "every", "cron"]) }),
  payload: z.looseObject({ kind: z.enum(["systemEvent", "agentTurn"]) }),
  sessionTarget: z.enum(["main", "isolated"]),
  wakeMode: z.enum(["next-heartbeat", "now"]),
  state: z.looseObject({ nextRunAtMs: n.nullish(), lastRunAtMs: n.nullish(), lastStatus: text.nullish() }),
  createdAtMs: n,
  updatedAtMs: n,
});
const row = z.looseObject({
  key: text,
  kind: text,
  updatedAt: n.nullable(),
  totalTokens: n,
  contextTokens: n.nullish(),
  modelProvider: text.nullable(),
  label: text.nullish(),
  thinkingLevel: text.nullish(),
});
const snapshot = z.looseObject({
  path: text,
  exists: z.boolean(),
  raw: text,
  hash: text.min(1),
  valid: z.literal(true),
  config: z.looseObject({}),
  issues: z.array(z.unknown()),
});

describe("the page itself", () => {
  test("is served from the folder for every address of its router; scripts of other places are refused", async () => {
    for (const path of ["/", "/chat", "/overview", "/config", "/logs"]) {
      const answer = await fetch(`${gateway.http}${path}`);
      expect(await answer.text(), path).toContain("assets/app.js");
      expect(answer.headers.get("content-security-policy")).toContain("script-src 'self';");
    }
    expect((await fetch(`${gateway.http}/assets/app.js`)).headers.get("content-type")).toMatch(/javascript/);
    expect((await fetch(`${gateway.http}/assets/none.js`)).status).toBe(404);
  });

  test("a folder without a page stops the start, and says so", async () => {
    await using other = createHome();
    other.configure({ ...baseConfig, gateway: { ...baseConfig.gateway, controlUi: { root: other.dir } } });
    const end = await other.cli(["gateway", "--port", String(await freePort())]);
    expect(end.status).not.toBe(0);
    expect(end.stderr).toMatch(/controlUi\.root[^]*index\.html/);
  });

  test("its hello holds what the page keeps, and its device token lets it in again without the shared one", async () => {
    const hello = z
      .looseObject({
        type: z.literal("hello-ok"),
        protocol: z.literal(3),
        snapshot: z.looseObject({
          presence: z.array(z.looseObject({ ts: n })),
          health: z.looseObject({}),
          uptimeMs: n,
          sessionDefaults: z.looseObject({ mainSessionKey: text, mainKey: text, defaultAgentId: text }),
        }),
        auth: z.looseObject({ deviceToken: text, role: z.literal("operator"), scopes: z.array(text) }),
      })
      .safeParse(page.hello);
    expect(hello.error?.message).toBeUndefined();
    const device = testDevice();
    const first = await openPage(e2eToken, device);
    const { deviceToken } = first.hello["auth"] as { deviceToken: string };
    first.socket.terminate();
    const again = await openPage(deviceToken, device);
    expect(again.hello["auth"]).toMatchObject({ deviceToken });
    again.socket.terminate();
  });
});

test("after hello: identity, agents, nodes, devices", async () => {
  await gives("agent.identity.get", { sessionKey: "main" }, z.looseObject({ name: text, avatar: text }));
  await gives(
    "agents.list",
    {},
    z.looseObject({ defaultId: text, agents: z.array(z.looseObject({ id: text })).min(1) }),
  );
  await gives("node.list", {}, z.looseObject({ ts: n, nodes: z.array(z.unknown()) }));
  await gives(
    "device.pair.list",
    {},
    z.looseObject({
      pending: z.array(z.unknown()),
      paired: z
        .array(
          z.looseObject({
            deviceId: text,
            roles: z.array(text),
            tokens: z.array(z.looseObject({ role: text })),
          }),
        )
        .min(1),
    }),
  );
});

test("chat: a turn, its history, a stop", async () => {
  await page.ask("chat.send", {
    sessionKey: "main",
    message: "Reply with: for the page",
    deliver: false,
    idempotencyKey: "old-ui-1",
  });
  const final = await page.event("chat", ({ runId, state }) => runId === "old-ui-1" && state === "final");
  expect(final).toMatchObject({
    sessionKey: "main",
    message: { content: [{ type: "text", text: "for the page" }] },
  });
  const history = await gives(
    "chat.history",
    { sessionKey: "main", limit: 200 },
    z.looseObject({
      messages: z.array(z.looseObject({ role: text, content: z.unknown(), timestamp: n })).min(2),
    }),
  );
  expect(history.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
  expect(await page.ask("chat.abort", { sessionKey: "main" })).toMatchObject({ ok: true, runIds: [] });
  const avatar = await fetch(`${gateway.http}/avatar/main?meta=1`);
  expect(await avatar.json()).toHaveProperty("avatarUrl");
});

test("/overview and /instances", async () => {
  await gives(
    "cron.status",
    {},
    z.looseObject({ enabled: z.boolean(), nextWakeAtMs: n.nullable(), jobs: n }),
  );
  await gives("status", {}, z.looseObject({ sessions: z.looseObject({ count: n }) }));
  await gives("health", {}, z.looseObject({ ok: z.literal(true), durationMs: n }));
  await gives(
    "models.list",
    {},
    z.looseObject({ models: z.array(z.looseObject({ id: text, provider: text })) }),
  );
  expect([null, "object"]).toContain(await page.ask("last-heartbeat").then((beat) => beat && typeof beat));
  const presence = await gives(
    "system-presence",
    {},
    z.array(z.looseObject({ ts: n, host: text.nullish(), mode: text.nullish(), reason: text.nullish() })),
  );
  expect(presence).toContainEqual(expect.objectContaining({ mode: "gateway", reason: "self" }));
  expect(presence).toContainEqual(expect.objectContaining({ mode: "webchat" }));
});

test("/channels: status with its accounts, the form's schema", async () => {
  const status = await gives(
    "channels.status",
    { probe: true, timeoutMs: 8000 },
    z.looseObject({
      channelOrder: z.array(text),
      channelMeta: z.array(z.looseObject({ id: text, label: text })),
      channels: z.record(
        text,
        z.looseObject({
          configured: flags,
          running: flags,
          linked: flags,
          connected: flags,
          lastError: text.nullish(),
          lastStartAt: n.nullish(),
          lastProbeAt: n.nullish(),
          mode: text.nullish(),
          probe: z.looseObject({ ok: z.boolean() }).nullish(),
        }),
      ),
      channelAccounts: z.record(text, z.array(z.looseObject({ accountId: text }))),
    }),
  );
  expect(Object.keys(status.channels)).toContain("telegram");
  await gives(
    "config.schema",
    {},
    z.looseObject({
      schema: z.looseObject({ properties: z.looseObject({}) }),
      uiHints: z.record(text, z.unknown()),
    }),
  );
});

test("/sessions: rows, settings of one, deleting one", async () => {
  await page.ask("chat.send", {
    sessionKey: "notes",
    message: "Reply with: noted",
    deliver: false,
    idempotencyKey: "old-ui-2",
  });
  await page.event("chat", ({ runId, state }) => runId === "old-ui-2" && state === "final");
  const listed = await gives(
    "sessions.list",
    { includeGlobal: true, includeUnknown: false, activeMinutes: 120, limit: 120 },
    z.looseObject({ path: text, count: n, sessions: z.array(row) }),
  );
  expect(listed.sessions.map(({ key }) => key)).toContain("agent:main:notes");
  await gives(
    "sessions.patch",
    {
      key: "agent:main:notes",
      label: "kept",
      thinkingLevel: "low",
      verboseLevel: "full",
      reasoningLevel: null,
    },
    z.looseObject({ ok: z.literal(true), key: text, entry: z.looseObject({}) }),
  );
  expect(
    await page.ask("sessions.delete", { key: "agent:main:notes", deleteTranscript: true }),
  ).toMatchObject({
    ok: true,
    deleted: true,
  });
});

test("/cron: a job's whole life, with its events", async () => {
  const made = await gives(
    "cron.add",
    {
      name: "from the page",
      agentId: "main",
      enabled: true,
      schedule: { kind: "cron", expr: "0 7 * * *", tz: "Europe/Vienna" },
      sessionTarget: "isolated",
      wakeMode: "now",
      payload: { kind: "agentTurn", message: "Reply with: good morning" },
      delivery: { mode: "none" },
    },
    job,
  );
  expect(await page.event("cron", ({ jobId }) => jobId === made.id)).toMatchObject({ action: "added" });
  const { jobs } = await gives("cron.list", { includeDisabled: true }, z.looseObject({ jobs: z.array(job) }));
  expect(jobs.map(({ id }) => id)).toEqual([made.id]);
  await gives(
    "cron.update",
    { id: made.id, patch: { enabled: false } },
    job.extend({ enabled: z.literal(false) }),
  );
  expect(await page.ask("cron.run", { id: made.id, mode: "force" })).toMatchObject({ ok: true });
  await page.event("cron", ({ jobId, action }) => jobId === made.id && action === "finished");
  const { entries } = await gives(
    "cron.runs",
    { id: made.id, limit: 50 },
    z.looseObject({
      entries: z.array(z.looseObject({ ts: n, jobId: text, action: z.literal("finished"), status: text })),
    }),
  );
  expect(entries).toMatchObject([{ status: "ok" }]);
  expect(await page.ask("cron.remove", { id: made.id })).toMatchObject({ ok: true, removed: true });
});

test("/agents and /skills: files of an agent, what a skill needs", async () => {
  const { files } = await gives(
    "agents.files.list",
    { agentId: "main" },
    z.looseObject({
      workspace: text,
      files: z.array(z.looseObject({ name: text, path: text, missing: z.boolean() })),
    }),
  );
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["AGENTS.md", "SOUL.md", "MEMORY.md"]),
  );
  expect(
    await page.ask("agents.files.set", { agentId: "main", name: "SOUL.md", content: "calm\n" }),
  ).toMatchObject({
    ok: true,
  });
  expect(await page.ask("agents.files.get", { agentId: "main", name: "SOUL.md" })).toMatchObject({
    file: { content: "calm\n", missing: false },
  });
  const needs = z.looseObject({
    bins: z.array(text),
    env: z.array(text),
    config: z.array(text),
    os: z.array(text),
  });
  await gives(
    "skills.status",
    { agentId: "main" },
    z.looseObject({
      skills: z.array(z.looseObject({ name: text, missing: needs, install: z.array(z.unknown()) })),
    }),
  );
});

test("/skills: the switch, the key and the install button; /config: the update button", async () => {
  const shape = z.looseObject({
    skills: z.array(
      z.looseObject({
        skillKey: text,
        primaryEnv: text,
        disabled: z.boolean(),
        eligible: z.boolean(),
        missing: z.looseObject({ bins: z.array(text), env: z.array(text) }),
        install: z.array(z.looseObject({ id: text, kind: text, label: text, bins: z.array(text) })).min(1),
      }),
    ),
  });
  const sail = async () => {
    const { skills } = await gives("skills.status", {}, shape);
    return skills.find(({ skillKey }) => skillKey === "sail");
  };
  expect(await sail()).toMatchObject({
    eligible: false,
    missing: { bins: ["sextant-of-none"], env: ["SAIL_KEY"] },
  });
  expect(await page.ask("skills.update", { skillKey: "sail", enabled: false })).toMatchObject({
    ok: true,
    skillKey: "sail",
    config: { enabled: false },
  });
  expect(await sail()).toMatchObject({ disabled: true });
  await page.ask("skills.update", { skillKey: "sail", enabled: true });
  const saved = await page.ask("skills.update", { skillKey: "sail", apiKey: "k-0123456789" });
  expect(JSON.stringify(saved)).not.toContain("k-0123456789");
  expect(await sail()).toMatchObject({ missing: { env: [] } });
  expect(JSON.stringify(await page.ask("config.get"))).not.toContain("k-0123456789");
  const installed = await page.ask("skills.install", { name: "sail", installId: "go", timeoutMs: 120_000 });
  expect(installed).toEqual({
    ok: true,
    message: "Installed sextant-of-none",
    stdout: "install example.org/sextant@latest\n",
    stderr: "",
    code: 0,
  });
  expect(await sail()).toMatchObject({ disabled: false, eligible: true, missing: { bins: [], env: [] } });
  const unknown = await page.request("skills.install", {
    name: "sail",
    installId: "curl",
    timeoutMs: 120_000,
  });
  expect(unknown).toMatchObject({ ok: false, error: { details: { code: "SKILL_INSTALL_UNKNOWN" } } });
  // This gateway runs from a checkout: the page is told what to do instead.
  expect(await page.ask("update.run", { sessionKey: "main" })).toMatchObject({
    ok: true,
    result: { status: "skipped", mode: "checkout", reason: expect.stringContaining("git -C ") as string },
    restart: null,
  });
});

test("a page cannot talk by itself", async () => {
  expect(await page.request("talk.mode", { enabled: true })).toMatchObject({
    ok: false,
    error: { code: "UNAVAILABLE" },
  });
});

test("/nodes: approvals of the gateway are read and saved, a device token is taken away", async () => {
  const shape = z.looseObject({
    path: text,
    exists: z.boolean(),
    hash: text,
    file: z.looseObject({ version: z.literal(1) }),
  });
  const before = await gives("exec.approvals.get", {}, shape);
  const file = { version: 1, defaults: { security: "allowlist", ask: "on-miss" }, agents: {} };
  const saved = await gives(
    "exec.approvals.set",
    { file, ...(before.exists ? { baseHash: before.hash } : {}) },
    shape,
  );
  expect(saved.file).toMatchObject({ defaults: { security: "allowlist" } });
  const device = testDevice();
  const other = await openPage(e2eToken, device);
  const rotated = await page.ask("device.token.rotate", { deviceId: device.id, role: "operator" });
  expect(rotated).toMatchObject({ deviceId: device.id, token: expect.any(String) as string });
  expect(await page.ask("device.token.revoke", { deviceId: device.id, role: "operator" })).toMatchObject({
    revokedAtMs: expect.any(Number) as number,
  });
  other.socket.terminate();
  expect(await page.request("exec.approvals.node.get", { nodeId: "nobody" })).toMatchObject({
    ok: false,
    error: { code: "UNAVAILABLE", details: { code: "NOT_CONNECTED" } },
  });
});

test("/config: what was shown is saved and applied; an old hash is refused", async () => {
  const shown = await gives("config.get", {}, snapshot);
  expect(shown.raw).not.toContain(e2eToken);
  const raw = shown.raw.replace(/\{/, '{\n  "logging": { "level": "info" },');
  expect(await page.ask("config.set", { raw, baseHash: shown.hash, sessionKey: "main" })).toMatchObject({
    ok: true,
  });
  const stale = await page.request("config.set", { raw, baseHash: shown.hash, sessionKey: "main" });
  expect(stale["ok"]).toBe(false);
  const now = await gives("config.get", {}, snapshot);
  expect(now.config).toMatchObject({ logging: { level: "info" } });
  // Saving what was shown, secrets hidden, changed no secret.
  (await openPage()).socket.terminate();
});

test("/debug and /logs: the page's polling, and a method nobody has", async () => {
  const first = await gives(
    "logs.tail",
    { limit: 500, maxBytes: 250_000 },
    z.looseObject({
      file: text,
      cursor: n,
      lines: z.array(text).min(1),
      truncated: z.boolean(),
      reset: z.boolean(),
    }),
  );
  for (const line of first.lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  await until(async () => {
    const next = await page.ask("logs.tail", { cursor: first.cursor, limit: 500 });
    return typeof next["cursor"] === "number" && next["reset"] === false;
  });
  const unknown = await page.request("no.such.method", {});
  expect(unknown).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/unknown method/) as string },
  });
});
