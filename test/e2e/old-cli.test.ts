// The transcript of the existing system's CLI (protocol.md 6, 7) against a gateway process.
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseConfig, createHome, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { askAll, expectExactFrames, helloOk } from "../support/e2e-shapes.ts";
import { signIn } from "../support/e2e-socket.ts";
import { testDevice } from "../support/gateway-server.ts";

let home: E2eHome;
let gateway: Gateway;
beforeAll(async () => {
  home = createHome({ config: baseConfig });
  gateway = await home.gateway();
});
afterAll(async () => {
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

test("its transcript: challenge first, hello-ok in full, a health event, exact frames", async () => {
  const device = testDevice();
  const client = await signIn(gateway, { device });
  expect(client.frames[0]).toMatchObject({
    event: "connect.challenge",
    payload: { nonce: expect.any(String) as string },
  });
  expect(helloOk.safeParse(client.hello).error?.message).toBeUndefined();
  expect(client.hello).toMatchObject({
    protocol: 3,
    auth: { role: "operator", scopes: ["operator.admin", "operator.approvals", "operator.pairing"] },
  });
  const { deviceToken } = client.hello["auth"] as { deviceToken: string };
  expect(deviceToken).toMatch(/^[0-9a-f]{32}$/);
  const health = await client.next((frame) => frame["event"] === "health");
  expect(health).toMatchObject({
    seq: expect.any(Number) as number,
    stateVersion: expect.any(Object) as object,
  });
  await askAll(client, [
    ["health"],
    ["health", { probe: true }],
    ["status"],
    ["system-presence"],
    ["config.get"],
    ["channels.status", { probe: false, timeoutMs: 8000 }],
    ["channels.status", { probe: true, timeoutMs: 10000 }],
    ["last-heartbeat", {}],
    ["logs.tail", { limit: 200, maxBytes: 250000 }],
    ["cron.list", { includeDisabled: true }],
    ["cron.status", {}],
    ["device.pair.list", {}],
    ["node.list", {}],
    ["node.pair.list", {}],
    ["exec.approvals.get", {}],
    ["usage.cost", { days: 30 }],
    ["usage.status"],
    ["agents.list", {}],
    ["models.list", {}],
    ["sessions.list", {}],
  ]);
  const presence = (await client.request("system-presence")).payload as Array<Record<string, unknown>>;
  expect(presence.find((entry) => entry["mode"] === "gateway")).toMatchObject({
    reason: "self",
    host: expect.any(String) as string,
    version: expect.any(String) as string,
  });
  const tail = await client.ask("logs.tail", { limit: 200, maxBytes: 250000 });
  const [line = ""] = tail["lines"] as string[];
  expect(JSON.parse(line)).toMatchObject({
    "1": expect.any(String) as string,
    _meta: { logLevelName: expect.any(String) as string },
    time: expect.any(String) as string,
  });
  expect(await client.ask("logs.tail", { cursor: tail["cursor"] })).toMatchObject({ reset: false });
  expectExactFrames(client.frames);
  client.socket.terminate();

  // The stored device token alone is enough the next time.
  const again = await signIn(gateway, { device, token: deviceToken });
  expect(again.hello).toMatchObject({ auth: { deviceToken } });
  again.socket.terminate();
});

test("agent with the parameters it sends: accepted, then the result it prints", async () => {
  const client = await signIn(gateway, { device: testDevice() });
  const params = {
    message: "Reply with: from the old client",
    agentId: "main",
    sessionKey: "agent:main:main",
    deliver: false,
    channel: "whatsapp",
    timeout: 600,
    idempotencyKey: "old-cli-1",
  };
  client.send({ type: "req", id: "agent", method: "agent", params });
  const first = await client.next((frame) => frame["id"] === "agent");
  expect(first.payload).toMatchObject({
    runId: "old-cli-1",
    status: "accepted",
    acceptedAt: expect.any(Number) as number,
  });
  const second = await client.next((frame) => frame["id"] === "agent");
  expect(second.payload).toMatchObject({
    runId: "old-cli-1",
    status: "ok",
    summary: "completed",
    result: {
      payloads: [{ text: "from the old client", mediaUrl: null }],
      meta: {
        durationMs: expect.any(Number) as number,
        agentMeta: {
          sessionId: expect.any(String) as string,
          provider: "builtin",
          model: "offline",
          usage: { total: expect.any(Number) as number },
        },
        aborted: false,
      },
    },
  });
  expect(await client.ask("agent.wait", { runId: "old-cli-1" })).toMatchObject({ status: "ok" });
  expectExactFrames(client.frames);
  client.socket.terminate();
});

test("cron add, run, runs, edit, rm with what it sends", async () => {
  const client = await signIn(gateway);
  const job = await client.ask("cron.add", {
    name: "tick",
    schedule: { kind: "every", everyMs: 3_600_000 },
    payload: { kind: "systemEvent", text: "tick" },
  });
  expect(job).toMatchObject({
    id: expect.any(String) as string,
    enabled: true,
    wakeMode: "next-heartbeat",
    sessionTarget: "main",
    state: { nextRunAtMs: expect.any(Number) as number },
  });
  const { id } = job;
  expect(await client.ask("cron.update", { id, patch: { enabled: false } })).toMatchObject({
    enabled: false,
  });
  expect(await client.ask("cron.run", { id, mode: "force" })).toMatchObject({ ok: true, ran: true });
  await client.event("cron", (payload) => payload["jobId"] === id && payload["action"] === "finished");
  expect(await client.ask("cron.runs", { id, limit: 50 })).toMatchObject({
    entries: [{ jobId: id, action: "finished" }],
  });
  expect(await client.ask("cron.remove", { id })).toEqual({ ok: true, removed: true });
  client.socket.terminate();
});

test("a newer client (protocol 4, no device, parameters we do not know) is answered", async () => {
  const client = await signIn(gateway, { protocol: [4, 4], scopes: ["operator.read"] });
  expect(client.hello).toMatchObject({
    protocol: 4,
    auth: { role: "operator", scopes: ["operator.read"] },
  });
  expect(await client.ask("cron.list", { includeDisabled: true, limit: 50, offset: 0 })).toMatchObject({
    jobs: [],
  });
  expect((await client.refusal("config.get")).message).toBe("missing scope: operator.admin");
  client.socket.terminate();
});
