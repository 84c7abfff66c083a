// Whatever parameters a method gets: an answer with a documented code, never an internal error, never the end.
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseConfig, createHome, e2eToken, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn, type SignedIn } from "../support/e2e-socket.ts";
import { odd, params, value } from "../support/odd-values.ts";

let home: E2eHome;
let gateway: Gateway;
let client: SignedIn;
let methods: string[];
beforeAll(async () => {
  home = createHome({ config: baseConfig });
  gateway = await home.gateway();
  client = await signIn(gateway);
  methods = (client.hello["features"] as { methods: string[] }).methods;
});
afterAll(async () => {
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

const codes = new Set(["INVALID_REQUEST", "NOT_PAIRED", "UNAVAILABLE", "NOT_LINKED", "AGENT_TIMEOUT"]);
/** These restart the gateway or wait for a person, by design. */
const slow = new Set([
  "config.apply",
  "config.patch",
  "update.run",
  "exec.approval.request",
  "agent.wait",
  "web.login.wait",
  "agent",
  "wizard.start",
]);

test("random parameters for every method: a documented answer each time", async () => {
  let last = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods.filter((name) => !slow.has(name))),
      params,
      async (method, value_) => {
        const id = `f${++last}`;
        const answer = await client.request(method, value_, id);
        if (answer["ok"] === true) return;
        const { code, message } = answer.error as { code: string; message: string };
        expect(codes.has(code), `${method}: ${code}`).toBe(true);
        expect(message).not.toMatch(/internal error|\[object|TypeError|Cannot read|at \/.*\.js/);
        expect(message.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2500, seed: 20261121 },
  );
}, 60_000);

/** What passes the checks of a method; one member at a time is replaced by something odd. */
const fitting: Record<string, Record<string, unknown>> = {
  "agents.files.get": { agentId: "main", name: "AGENTS.md" },
  "agents.files.list": { agentId: "main" },
  "agents.files.set": { agentId: "main", name: "USER.md", content: "x" },
  "agent.identity.get": { agentId: "main", sessionKey: "main" },
  "channels.logout": { channel: "webhook", accountId: "default" },
  "chat.abort": { sessionKey: "main", runId: "r" },
  "chat.history": { sessionKey: "main", limit: 5 },
  "chat.inject": { sessionKey: "main", message: "m", label: "l" },
  "chat.live": { sessionKey: "main" },
  "chat.search": { sessionKey: "main", query: "m", limit: 3 },
  "chat.send": {
    sessionKey: "main",
    message: "Reply with: x",
    idempotencyKey: "k",
    thinking: "low",
    timeoutMs: 5000,
    attachments: [],
  },
  "config.set": { raw: "{}", baseHash: "h" },
  "cron.add": {
    name: "n",
    schedule: { kind: "cron", expr: "0 * * * *", tz: "UTC" },
    payload: { kind: "agentTurn", message: "m" },
    sessionTarget: "isolated",
    wakeMode: "now",
  },
  "cron.run": { id: "j", mode: "force" },
  "cron.runs": { id: "j", limit: 5 },
  "cron.update": { id: "j", patch: { enabled: false, schedule: { kind: "at", at: "2030-01-01T00:00:00Z" } } },
  "device.pair.approve": { requestId: "r" },
  "device.token.rotate": { deviceId: "d", role: "operator", scopes: ["operator.read"] },
  "exec.approval.resolve": { id: "a", decision: "deny" },
  "exec.approvals.set": {
    file: { version: 1, agents: { main: { allowlist: [{ pattern: "/bin/ls" }] } } },
    baseHash: "h",
  },
  "logs.tail": { cursor: 0, limit: 5, maxBytes: 1000 },
  "node.describe": { nodeId: "n" },
  "node.invoke": { nodeId: "n", command: "system.run", params: {}, timeoutMs: 100, idempotencyKey: "i" },
  "node.pair.request": { nodeId: "n", displayName: "d", caps: ["system"], silent: false },
  "node.rename": { nodeId: "n", displayName: "d" },
  send: { to: "x", message: "m", channel: "webhook", idempotencyKey: "s" },
  "sessions.compact": { key: "main", maxLines: 10 },
  "sessions.delete": { key: "other", deleteTranscript: true },
  "sessions.list": {
    limit: 5,
    activeMinutes: 5,
    includeGlobal: true,
    label: "l",
    search: "s",
    agentId: "main",
  },
  "sessions.patch": {
    key: "main",
    label: "l",
    thinkingLevel: "low",
    model: "builtin/offline",
    execAsk: "always",
    sendPolicy: "allow",
  },
  "sessions.preview": { keys: ["main"], limit: 3, maxChars: 40 },
  "sessions.reset": { key: "main" },
  "sessions.resolve": { key: "main" },
  "set-heartbeats": { enabled: true },
  "skills.status": { agentId: "main" },
  "skills.update": { skillKey: "s", enabled: true, apiKey: "", env: { A: "b" } },
  "skills.install": { name: "s", installId: "i", timeoutMs: 1000, agentId: "main", plan: "p" },
  "talk.mode": { enabled: true, phase: "p" },
  "tts.convert": { text: "t", channel: "webhook" },
  "tts.setProvider": { provider: "openai" },
  "update.run": { sessionKey: "main", note: "n", restartDelayMs: 0, timeoutMs: 1000 },
  "voicewake.set": { triggers: ["a"] },
  "system-event": { text: "t", deviceId: "d", tags: ["x"], lastInputSeconds: 5 },
  "usage.cost": { days: 3 },
  wake: { mode: "next-heartbeat", text: "t" },
};

test("fitting parameters with one member wrong: a documented answer each time", async () => {
  let last = 0;
  const mutated = fc.constantFrom(...Object.keys(fitting)).chain((method) => {
    const base = fitting[method] ?? {};
    return fc
      .tuple(fc.constant(method), fc.constantFrom(...Object.keys(base)), value.any)
      .map(([name, key, wrong]) => ({
        method: name,
        sent: { ...base, [key]: wrong },
      }));
  });
  await fc.assert(
    fc.asyncProperty(mutated, async ({ method, sent }) => {
      const answer = await client.request(method, sent, `m${++last}`);
      if (answer["ok"] === true) return;
      const { code, message } = answer.error as { code: string; message: string };
      expect(codes.has(code), `${method}: ${code}`).toBe(true);
      expect(message).not.toMatch(/internal error|\[object|TypeError|Cannot read|at \/.*\.js/);
    }),
    { numRuns: 2500, seed: 20261121 },
  );
  expect(await client.ask("health")).toMatchObject({ ok: true });
}, 60_000);

const bodies: Array<[path: string, body: Record<string, unknown>]> = [
  [
    "/v1/chat/completions",
    {
      model: "openclaw",
      messages: [{ role: "user", content: [{ type: "text", text: "Reply with: x" }] }],
      stream: false,
      tools: [],
      user: "u",
      max_tokens: 5,
    },
  ],
  [
    "/v1/responses",
    {
      model: "openclaw",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Reply with: x" }] }],
      instructions: "i",
      tools: [{ type: "function", name: "f", parameters: {} }],
      tool_choice: "auto",
      stream: false,
      max_output_tokens: 5,
    },
  ],
  ["/tools/invoke", { tool: "sessions_list", args: {}, sessionKey: "main", dryRun: true }],
];

test("HTTP bodies with one member wrong: answered or refused in JSON, never 500", async () => {
  const mutated = fc
    .constantFrom(...bodies)
    .chain(([path, body]) =>
      fc
        .tuple(fc.constantFrom(...Object.keys(body)), value.any)
        .map(([key, wrong]) => ({ path, sent: { ...body, [key]: wrong } })),
    );
  await fc.assert(
    fc.asyncProperty(mutated, async ({ path, sent }) => {
      const answer = await fetch(`${gateway.http}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${e2eToken}`, "content-type": "application/json" },
        body: JSON.stringify(sent),
      });
      const said = await answer.text();
      expect([200, 400, 404, 413, 422], `${path} ${answer.status} ${said}`).toContain(answer.status);
      if (answer.status !== 200) expect(JSON.parse(said)).toHaveProperty("error");
      expect(said).not.toMatch(/TypeError|Cannot read|internal error/);
    }),
    { numRuns: 400, seed: 20261121 },
  );
}, 60_000);

test("random frames: the socket answers or closes, the gateway stays", async () => {
  const frame = fc.oneof(
    fc.record(
      {
        type: fc.constantFrom("req", "res", "event", "x"),
        id: odd,
        method: fc.oneof(fc.constantFrom("health", "connect", "status"), odd),
        params: odd,
      },
      { requiredKeys: [] },
    ),
    odd,
    fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), async (frames) => {
      const victim = await signIn(gateway);
      for (const each of frames) victim.send(JSON.stringify(each) ?? "undefined");
      expect(await victim.ask("health")).toMatchObject({ ok: true });
      victim.socket.terminate();
    }),
    { numRuns: 150, seed: 20261121 },
  );
}, 60_000);

test("names from outside make no file beside those of the sessions, and the log holds no stack", async () => {
  for (const sessionKey of [
    "../../evil",
    "/etc/evil",
    "a\u0000b",
    "x".repeat(600),
    "..",
    "CON",
    "a/b\\c",
    "🦞",
  ]) {
    const answer = await client.request("chat.send", {
      sessionKey,
      message: "Reply with: here",
      idempotencyKey: `name-${sessionKey.length}-${sessionKey.slice(0, 4)}`,
    });
    if (answer["ok"] === true) {
      await client.event(
        "chat",
        (payload) => payload["sessionKey"] === sessionKey && payload["state"] === "final",
      );
      expect(JSON.stringify(await client.ask("chat.history", { sessionKey }))).toContain("here");
    } else expect(answer.error?.["code"]).toBe("INVALID_REQUEST");
  }
  const { execFileSync } = await import("node:child_process");
  const files = execFileSync("find", [home.dir, "-name", "*.jsonl", "-not", "-path", "*/config-history/*"], {
    encoding: "utf8",
  })
    .trim()
    .split("\n");
  for (const file of files) {
    expect(file).toMatch(/\/agents\/[a-z0-9_-]+\/sessions\/[^/]+\.jsonl$/);
    for (const line of readFileSync(file, "utf8").trim().split("\n"))
      expect(JSON.parse(line)).toHaveProperty("role");
  }
  expect(home.log().filter((line) => JSON.stringify(line).includes("TypeError"))).toEqual([]);
});
