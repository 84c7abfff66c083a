import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import { startTestServer, testToken, type TestServer } from "../../../test/support/gateway-server.ts";
import { renderTemplate } from "./hook-template.ts";
import { createHookRoutes } from "./hooks.ts";

const token = "hook-secret-7d1";
let harness: Awaited<ReturnType<typeof createTestServices>>;
let server: TestServer;
const reported = () =>
  harness.services.systemEvents.waiting().map(({ text, source, owner }) => ({ text, source, owner }));

async function start(hooks: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) {
  harness = await createTestServices({
    config: JSON.stringify({
      ...rest,
      gateway: { auth: { token: testToken, rateLimit: { maxAttempts: 3 } } },
      agents: { list: [{ id: "main", default: true }, { id: "ops" }] },
      hooks: { enabled: true, token, ...hooks },
    }),
  });
  server = await startTestServer({ parts: () => ({ routes: createHookRoutes(harness.services) }) });
}

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await harness.close();
});

function call(path: string, body: unknown = {}, options: RequestInit & { given?: string | null } = {}) {
  const { given = token, headers, ...rest } = options;
  return fetch(`${server.http}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(given === null ? {} : { authorization: `Bearer ${given}` }),
      ...(headers as Record<string, string>),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...rest,
  });
}

describe("who may call", () => {
  it("the token decides before the method, the path or the body", async () => {
    await start();
    const wrong = await call("/hooks/agent", { message: "x" }, { given: "wrong" });
    expect([wrong.status, await wrong.text()]).toEqual([401, "Unauthorized"]);
    expect((await call("/hooks/nobody-knows", {}, { given: null })).status).toBe(401);
    expect((await fetch(`${server.http}/hooks/agent`)).status).toBe(401);
    const get = await fetch(`${server.http}/hooks/agent`, { headers: { "x-openclaw-token": token } });
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await call("/hooks")).status).toBe(404);
    const unknown = await call("/hooks/nobody-knows");
    expect([unknown.status, await unknown.text()]).toEqual([404, "Not Found"]);
    expect(harness.leases).toEqual([]);
  });

  it("the gateway's own token opens no hook, and a token in the address is named as the mistake", async () => {
    await start();
    expect((await call("/hooks/wake", { text: "x" }, { given: testToken })).status).toBe(401);
    const query = await call(`/hooks/wake?token=${token}`, { text: "x" });
    expect([query.status, await query.text()]).toEqual([400, expect.stringContaining("x-openclaw-token")]);
  });

  it("guesses are counted, right tokens are not", async () => {
    await start();
    for (let i = 0; i < 5; i++) expect((await call("/hooks/wake", { text: "x" })).status).toBe(200);
    for (let i = 0; i < 3; i++)
      expect((await call("/hooks/wake", {}, { given: `guess ${i}`.replace(" ", "") })).status).toBe(401);
    const locked = await call("/hooks/wake", { text: "x" });
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it.each([
    ["no token", { token: undefined }],
    ["an empty token", { token: " " }],
    ["the gateway's token", { token: testToken }],
    ["switched off", { enabled: false }],
  ])("with %s there are no hooks", async (_name, hooks) => {
    await start(hooks);
    const answer = await call(
      "/hooks/wake",
      { text: "x" },
      { given: (hooks as { token?: string }).token?.trim() || token },
    );
    expect([404, 405]).toContain(answer.status);
  });
});

describe("wake", () => {
  it("speaks in the main session without anybody's authority", async () => {
    await start();
    const place = { channel: "telegram", account: "default", to: "7" };
    harness.services.heartbeat.target = () => place;
    const answer = await call("/hooks/wake", { text: "the door rang" });
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true, mode: "now" }]);
    await expect.poll(() => harness.leases.length).toBe(1);
    const lease = harness.leases[0];
    expect(lease?.sessionKey).toBe("agent:main:main");
    expect(lease?.messages[0]).toMatchObject({
      text: "the door rang",
      origin: { door: "hook", trust: "untrusted", sender: "hook wake" },
      principal: { kind: "hook", owner: false, scopes: [] },
      deliverTo: place,
    });
  });

  it("waits for the next run with next-heartbeat", async () => {
    await start();
    const answer = await call("/hooks/wake", { text: "later", mode: "next-heartbeat" });
    expect(await answer.json()).toEqual({ ok: true, mode: "next-heartbeat" });
    expect(reported()).toEqual([{ text: "later", source: "hook wake", owner: false }]);
    expect(harness.leases).toEqual([]);
  });
});

describe("agent", () => {
  it("runs apart from the main session and leaves a line there", async () => {
    await start();
    const answer = await call("/hooks/agent", {
      message: "build failed",
      name: "CI",
      thinking: "low",
      timeoutSeconds: 9,
    });
    const { ok, runId } = (await answer.json()) as { ok: boolean; runId: string };
    expect([answer.status, ok]).toEqual([202, true]);
    await expect.poll(reported).toEqual([{ text: "Hook CI: hello", source: "hook CI", owner: false }]);
    expect(harness.leases[0]).toMatchObject({
      runId,
      sessionKey: `agent:main:hook:${runId.replace("hook-", "")}`,
    });
    expect(harness.leases[0]?.messages[0]).toMatchObject({
      options: { thinking: "low", timeoutMs: 9000 },
      deliverTo: null,
    });
  });

  it("a chosen session key is only a name below our prefix", async () => {
    await start();
    await call("/hooks/agent", { message: "x", sessionKey: "agent:main:main" });
    await call("/hooks/agent", { message: "x", sessionKey: "hook:mail:7" });
    await expect
      .poll(() => harness.leases.map((lease) => lease.sessionKey).sort())
      .toEqual(["agent:main:hook:agent:main:main", "agent:main:hook:mail:7"]);
  });

  it("the same event has one effect; equal bodies without an id are two events", async () => {
    await start();
    const twice = async (body: unknown, headers: Record<string, string> = {}) => {
      const ids = [];
      for (let i = 0; i < 2; i++)
        ids.push(((await (await call("/hooks/agent", body, { headers })).json()) as { runId: string }).runId);
      return ids[0] === ids[1];
    };
    expect(await twice({ message: "a", id: "evt_1" })).toBe(true);
    expect(await twice({ message: "b" }, { "idempotency-key": "k1" })).toBe(true);
    expect(await twice({ message: "c" })).toBe(false);
    await expect.poll(() => harness.leases.length).toBe(4);
  });

  it.each([
    [{ message: " " }, /must not be empty/],
    [{}, /'message'/],
    [[], /body/],
    ['{"message":', /valid JSON/],
    ['{"message":"x","__proto__":{}}', /__proto__/],
    [{ message: "x", agentId: " " }, /'agentId' must not be blank/],
    [{ message: "x", agentId: "nobody" }, /unknown agent id "nobody"/],
    [{ message: "x", agentId: "ops" }, /may not reach agent "ops".*allowedAgentIds/],
    [{ message: "x", sessionKey: "a b\n" }, /is not a name/],
    [{ message: "x", thinking: "very" }, /unknown thinking level/],
    [{ message: "x", channel: "nowhere", to: "1" }, /unknown channel/],
  ])("%j is a mistake", async (body, text) => {
    await start();
    const answer = await call("/hooks/agent", body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { ok: false, error: expect.stringMatching(text) },
    ]);
    expect(harness.leases).toEqual([]);
  });

  it("too much is refused without being read", async () => {
    await start({ maxBodyBytes: 64 });
    expect((await call("/hooks/agent", { message: "x".repeat(100) })).status).toBe(413);
  });

  it("reaches the agents it may reach", async () => {
    await start({ allowedAgentIds: [" OPS "] });
    expect((await call("/hooks/agent", { message: "x", agentId: "Ops" })).status).toBe(202);
    expect((await call("/hooks/agent", { message: "x" })).status).toBe(400);
    await expect.poll(() => harness.leases.map((lease) => lease.agentId)).toEqual(["ops"]);
  });
});

describe("mapped names", () => {
  it("the first that fits makes the message of the body, headers and address", async () => {
    await start({
      mappings: [
        { id: "other", match: { path: "git", source: "lab" }, action: "wake", textTemplate: "lab: {{text}}" },
        {
          id: "git",
          match: { path: "/git/" },
          name: "Push to {{repo.name}}",
          sessionKey: "git:{{repo.name}}",
          agentId: "ops",
          messageTemplate:
            "{{commits[0].title}} {{payload.repo.name}} {{headers.x-kind}} {{query.q}} {{path}} {{none}}|{{headers.authorization}}|{{constructor.name}}",
        },
      ],
    });
    const body = { repo: { name: "alpha" }, commits: [{ title: "{{path}}" }] };
    const answer = await call("/hooks/git?q=5", body, { headers: { "x-kind": "push" } });
    expect(answer.status).toBe(202);
    await expect.poll(() => harness.leases.length).toBe(1);
    expect(harness.leases[0]).toMatchObject({ sessionKey: "agent:ops:hook:git:alpha", agentId: "ops" });
    expect(harness.leases[0]?.messages[0]).toMatchObject({
      text: "{{path}} alpha push 5 git ||",
      origin: { sender: "Push to alpha", trust: "untrusted" },
    });
    const woken = await call("/hooks/git", { source: "lab", text: "green" });
    expect([woken.status, await woken.json()]).toEqual([200, { ok: true, mode: "now" }]);
  });

  it("a transform is refused, a preset works, a body without a template speaks for itself", async () => {
    await start({
      presets: ["gmail"],
      mappings: [
        { match: { path: "old" }, transform: { module: "./x.js" } },
        { match: { path: "plain" } },
        { match: { path: "empty" }, messageTemplate: "{{gone}}" },
      ],
    });
    const old = await call("/hooks/old");
    expect([old.status, await old.json()]).toEqual([
      501,
      { ok: false, error: expect.stringMatching(/transform.*messageTemplate/) },
    ]);
    expect((await call("/hooks/empty")).status).toBe(400);
    expect((await call("/hooks/plain", { a: [1] })).status).toBe(202);
    expect((await call("/hooks/gmail", { messages: [{ id: "m1", from: "A", subject: "S" }] })).status).toBe(
      202,
    );
    await expect
      .poll(() => harness.leases.map((lease) => lease.messages[0]?.text).sort())
      .toEqual([expect.stringMatching(/^New mail from A\nSubject: S/), '{"a":[1]}']);
  });
});

it("a template is filled once: no value can name another one, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const event = { path: "p", payload: { a, b }, headers: {}, query: new URLSearchParams(), now: 0 };
      return renderTemplate("{{a}}-{{payload.b}}", event) === `${a}-${b}`;
    }),
  );
});
