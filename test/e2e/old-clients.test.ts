// The calls of the existing Control UI in their order and its node host (protocol.md 8, 9) against a gateway process.
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseConfig, createHome, e2eToken, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { expectExactFrames, askAll, helloOk } from "../support/e2e-shapes.ts";
import { signIn, type SignedIn } from "../support/e2e-socket.ts";
import { cliConnect, openRaw, testDevice } from "../support/gateway-server.ts";

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

test("the existing Control UI: every view loads, a chat turn streams, the key comes back as it was sent", async () => {
  // Browsers send an Origin.
  const page = await openRaw(gateway.url, { origin: gateway.http });
  const params = await cliConnect(page, {
    token: e2eToken,
    device: testDevice(),
    client: { id: "openclaw-control-ui", mode: "webchat", version: "dev", platform: "Linux x86_64" },
  });
  const hello = await page.request(
    "connect",
    { ...params, userAgent: "Mozilla/5.0", locale: "en" },
    "connect",
  );
  expect(helloOk.safeParse(hello.payload).error?.message).toBeUndefined();
  const ui = page as SignedIn;
  ui.ask = async (method, callParams) =>
    (await page.request(method, callParams)).payload as Record<string, unknown>;
  await askAll(ui, [
    ["agent.identity.get", { sessionKey: "main" }],
    ["agents.list", {}],
    ["node.list", {}],
    ["device.pair.list", {}],
    ["chat.history", { sessionKey: "main", limit: 200 }],
    ["sessions.list", { includeGlobal: true, includeUnknown: false, activeMinutes: 120, limit: 120 }],
    ["channels.status", { probe: true, timeoutMs: 8000 }],
    ["system-presence", {}],
    ["cron.status", {}],
    ["status", {}],
    ["health", {}],
    ["models.list", {}],
    ["last-heartbeat", {}],
    ["config.schema", {}],
    ["config.get", {}],
    ["cron.list", { includeDisabled: true }],
    ["skills.status", { agentId: "main" }],
    ["agents.files.list", { agentId: "main" }],
    ["exec.approvals.get", {}],
    ["logs.tail", { limit: 500 }],
  ]);
  const avatar = await fetch(`${gateway.http}/avatar/main?meta=1`);
  expect(await avatar.json()).toHaveProperty("avatarUrl");

  page.send({
    type: "req",
    id: "chat",
    method: "chat.send",
    params: {
      sessionKey: "main",
      message: "Reply with: streamed to the page",
      deliver: false,
      idempotencyKey: "ui-run",
    },
  });
  expect((await page.next((frame) => frame["id"] === "chat")).payload).toEqual({
    runId: "ui-run",
    status: "started",
  });
  await page.next(
    (frame) => frame["event"] === "chat" && (frame.payload as { state: string }).state === "final",
  );
  const own = page.frames.filter(
    (frame) => (frame.payload as { runId?: string } | undefined)?.runId === "ui-run",
  );
  const chat = own
    .filter((frame) => frame["event"] === "chat")
    .map((frame) => frame.payload as Record<string, unknown>);
  expect(chat.every((payload) => payload["sessionKey"] === "main")).toBe(true);
  expect(chat.at(-1)).toMatchObject({
    state: "final",
    message: { role: "assistant", content: [{ type: "text", text: "streamed to the page" }] },
  });
  const order = own
    .filter((frame) => frame["event"] === "agent")
    .map((frame) => {
      const { stream, data } = frame.payload as { stream: string; data: { phase?: string } };
      return data.phase ? `${stream} ${data.phase}` : stream;
    });
  expect([order[0], order.at(-1)]).toEqual(["lifecycle start", "lifecycle end"]);
  expect(order).toContain("assistant");
  const seqs = own
    .filter((frame) => frame["event"] === "agent")
    .map((frame) => (frame.payload as { seq: number }).seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));

  const rows = (await ui.ask("sessions.list", { limit: 120 })) as {
    sessions: Array<Record<string, unknown>>;
  };
  expect(rows.sessions[0]).toMatchObject({
    key: "agent:main:main",
    totalTokens: expect.any(Number) as number,
    modelProvider: "builtin",
  });
  await ui.ask("sessions.patch", {
    key: "agent:main:main",
    label: "home",
    thinkingLevel: "low",
    verboseLevel: null,
    reasoningLevel: null,
  });
  const config = await ui.ask("config.get", {});
  const saved = await ui.ask("config.set", {
    raw: String(config["raw"]),
    baseHash: config["hash"],
    sessionKey: "main",
  });
  expect(saved).toMatchObject({ ok: true });
  // Saving what was shown, secrets hidden, changed no secret.
  (await signIn(gateway)).socket.terminate();
  expect(
    await ui.ask("sessions.delete", { key: "agent:main:main", deleteTranscript: true }),
  ).not.toMatchObject({ deleted: true });
  expectExactFrames(page.frames);
  page.socket.terminate();
});

test("the existing node host: connects, is listed, answers an invocation; what it may not do is refused", async () => {
  const device = testDevice();
  const node = await signIn(gateway, {
    device,
    role: "node",
    scopes: [],
    client: {
      id: "node-host",
      mode: "node",
      displayName: "workshop",
      version: "2026.2.3",
      platform: "linux",
    },
    caps: ["system", "browser"],
    commands: [
      "system.run",
      "system.which",
      "system.execApprovals.get",
      "system.execApprovals.set",
      "browser.proxy",
    ],
  });
  const operator = await signIn(gateway);
  const listed = await operator.ask("node.list", {});
  expect(listed["nodes"]).toMatchObject([
    {
      nodeId: device.id,
      displayName: "workshop",
      connected: true,
      paired: true,
      caps: expect.arrayContaining(["system"]) as string[],
    },
  ]);
  const invoked = operator.request("node.invoke", {
    nodeId: device.id,
    command: "system.which",
    params: { bins: ["ls"] },
    idempotencyKey: "i1",
  });
  const asked = await node.event("node.invoke.request");
  expect(asked).toMatchObject({ nodeId: device.id, command: "system.which", paramsJSON: '{"bins":["ls"]}' });
  expect(
    await node.ask("node.invoke.result", {
      id: asked["id"],
      nodeId: device.id,
      ok: true,
      payloadJSON: '{"bins":{"ls":"/bin/ls"}}',
      error: null,
    }),
  ).toEqual({ ok: true });
  expect((await invoked).payload).toMatchObject({
    ok: true,
    nodeId: device.id,
    payload: { bins: { ls: "/bin/ls" } },
  });
  expect((await node.refusal("health")).message).toMatch(/unauthorized role: node/);
  expect((await operator.refusal("node.invoke.result", {})).message).toMatch(/unauthorized role/);
  const denied = await operator.refusal("node.invoke", {
    nodeId: device.id,
    command: "camera.snap",
    idempotencyKey: "i2",
  });
  expect(denied.message).toMatch(/node command not allowed/);
  expect(await node.ask("skills.bins")).toMatchObject({ bins: expect.any(Array) as string[] });
  node.socket.terminate();
  await until(async () => JSON.stringify(await operator.ask("node.list", {})).includes('"connected":false'));
  const gone = await operator.refusal("node.invoke", {
    nodeId: device.id,
    command: "system.which",
    idempotencyKey: "i3",
  });
  expect(gone).toMatchObject({ code: "UNAVAILABLE", details: { code: "NOT_CONNECTED" } });
  expectExactFrames(node.frames);
  operator.socket.terminate();
});

test("what apps of the first line ask about voice", async () => {
  const app = await signIn(gateway);
  expect(await app.ask("tts.status")).toMatchObject({
    enabled: false,
    auto: expect.any(String) as string,
    provider: expect.any(String) as string,
    prefsPath: expect.any(String) as string,
  });
  const { providers, active } = await app.ask("tts.providers");
  expect(typeof active).toBe("string");
  expect(providers).toContainEqual(expect.objectContaining({ id: active, configured: false }));
  expect(await app.request("tts.convert", { text: "hello" })).toMatchObject({
    ok: false,
    error: { details: { code: "SPEECH_OFF" } },
  });
  expect(await app.ask("voicewake.set", { triggers: ["hey claw"] })).toEqual({ triggers: ["hey claw"] });
  expect(await app.event("voicewake.changed")).toEqual({ triggers: ["hey claw"] });
  expect(await app.ask("voicewake.get")).toEqual({ triggers: ["hey claw"] });
  app.socket.terminate();
});
