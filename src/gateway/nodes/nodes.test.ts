import { describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import {
  connectRaw,
  startTestServer,
  testDevice,
  type RawClient,
  type TestDevice,
  type TestServer,
} from "../../../test/support/gateway-server.ts";

const nodeHost = {
  id: "node-host",
  mode: "node",
  version: "2026.2.3",
  platform: "linux",
  displayName: "ash-3",
};
const commands = ["system.run", "system.which", "camera.snap"];

function connectNode(test: TestServer, device: TestDevice): Promise<RawClient> {
  return connectRaw(test, { device, role: "node", scopes: [], client: nodeHost, caps: ["system"], commands });
}

async function start(clock?: ReturnType<typeof manualClock>) {
  const test = await startTestServer(clock ? { clock } : {});
  const device = testDevice();
  const node = await connectNode(test, device);
  const admin = await connectRaw(test);
  return { test, device, node, admin };
}

const which = { command: "system.which", params: { bins: ["git"] } };

describe("node.invoke", () => {
  it("asks the node and brings its answer back", async () => {
    const { test, device, node, admin } = await start();
    await using _ = test;
    const call = admin.request("node.invoke", { nodeId: device.id, ...which, idempotencyKey: "k1" });
    const request = await node.next((frame) => frame["event"] === "node.invoke.request");
    expect(request).not.toHaveProperty("seq");
    expect(request.payload).toEqual({
      id: expect.any(String),
      nodeId: device.id,
      command: "system.which",
      paramsJSON: '{"bins":["git"]}',
      timeoutMs: 30_000,
      idempotencyKey: "k1",
    });
    const { id } = request.payload as { id: string };
    const result = {
      id,
      nodeId: device.id,
      ok: true,
      payloadJSON: '{"bins":{"git":"/usr/bin/git"}}',
      error: null,
    };
    expect(await node.request("node.invoke.result", result)).toMatchObject({ payload: { ok: true } });
    expect(await call).toMatchObject({
      payload: {
        ok: true,
        nodeId: device.id,
        command: "system.which",
        payload: { bins: { git: "/usr/bin/git" } },
      },
    });
    const repeat = await admin.request("node.invoke", { nodeId: device.id, ...which, idempotencyKey: "k1" });
    expect(repeat).toMatchObject({ ok: true });
    expect(node.frames.filter((frame) => frame["event"] === "node.invoke.request")).toHaveLength(1);
    expect(await node.request("node.invoke.result", result)).toMatchObject({
      payload: { ok: true, ignored: true },
    });
  });

  it("passes on the node's failure, and ends when the node goes away or does not answer", async () => {
    const clock = manualClock(Date.now());
    const { test, device, node, admin } = await start(clock);
    await using _ = test;
    const failing = admin.request("node.invoke", { nodeId: device.id, ...which, idempotencyKey: "f" });
    const { payload } = await node.next((frame) => frame["event"] === "node.invoke.request");
    const { id } = payload as { id: string };
    await node.request("node.invoke.result", {
      id,
      nodeId: device.id,
      ok: false,
      error: { code: "NOPE", message: "no git" },
    });
    expect(await failing).toMatchObject({
      error: { code: "UNAVAILABLE", message: "no git", details: { nodeError: { code: "NOPE" } } },
    });
    const slow = admin.request("node.invoke", {
      nodeId: device.id,
      ...which,
      timeoutMs: 500,
      idempotencyKey: "s",
    });
    await node.next((frame) => frame["event"] === "node.invoke.request");
    clock.advance(500);
    expect(await slow).toMatchObject({
      error: { code: "UNAVAILABLE", message: expect.stringContaining("500 ms") },
    });
    const cut = admin.request("node.invoke", { nodeId: device.id, ...which, idempotencyKey: "c" });
    await node.next((frame) => frame["event"] === "node.invoke.request");
    node.socket.terminate();
    expect(await cut).toMatchObject({ error: { code: "UNAVAILABLE", details: { code: "NOT_CONNECTED" } } });
    expect(
      await admin.request("node.invoke", { nodeId: "nobody", ...which, idempotencyKey: "n" }),
    ).toMatchObject({
      error: { details: { code: "NOT_CONNECTED" } },
    });
  });

  it("refuses what the platform may not do, what the node did not offer, and code to who may not run any", async () => {
    const { test, device, admin } = await start();
    await using _ = test;
    const invoke = (client: RawClient, command: string) =>
      client.request("node.invoke", { nodeId: device.id, command, idempotencyKey: command });
    expect(await invoke(admin, "camera.snap")).toMatchObject({
      error: {
        message: "node command not allowed",
        details: { reason: "not-allowed", command: "camera.snap" },
      },
    });
    expect(await invoke(admin, "system.notify")).toMatchObject({
      error: { details: { reason: "not-declared" } },
    });
    test.settings.nodes = { allowCommands: [], denyCommands: ["system.which"] };
    expect(await invoke(admin, "system.which")).toMatchObject({
      error: { details: { reason: "not-allowed" } },
    });
    const writer = await connectRaw(test, { scopes: ["operator.write"] });
    expect(await invoke(writer, "system.run")).toMatchObject({
      error: { message: "missing scope: operator.admin" },
    });
  });

  it("tells the node when a call is called off", async () => {
    const { test, device, node } = await start();
    await using _ = test;
    const abort = new AbortController();
    const call = test.server.nodes.invoke({
      nodeId: device.id,
      command: "system.run",
      params: {},
      timeoutMs: 60_000,
      idempotencyKey: "off",
      caller: "run:me",
      cancel: abort.signal,
    });
    const { payload } = await node.next((frame) => frame["event"] === "node.invoke.request");
    abort.abort();
    await expect(call).rejects.toThrow(/called off/);
    const told = await node.next((frame) => frame["event"] === "node.invoke.cancel");
    expect(told.payload).toEqual({ id: (payload as { id: string }).id, nodeId: device.id });
  });

  it("takes answers from the node that was asked only", async () => {
    const { test, device, node, admin } = await start();
    await using _ = test;
    const other = testDevice();
    const stranger = await connectNode(test, other);
    const call = admin.request("node.invoke", { nodeId: device.id, ...which, idempotencyKey: "k" });
    const { payload } = await node.next((frame) => frame["event"] === "node.invoke.request");
    const { id } = payload as { id: string };
    const forged = { id, ok: true, payloadJSON: '"forged"' };
    expect(await stranger.request("node.invoke.result", { ...forged, nodeId: device.id })).toMatchObject({
      error: { message: "nodeId mismatch" },
    });
    expect(await stranger.request("node.invoke.result", { ...forged, nodeId: other.id })).toMatchObject({
      payload: { ok: true, ignored: true },
    });
    await node.request("node.invoke.result", { id, nodeId: device.id, ok: true, payload: "real" });
    expect(await call).toMatchObject({ payload: { payload: "real" } });
  });
});

describe("nodes", () => {
  it("are listed with what they may do, described, renamed, and replaced by their newer connection", async () => {
    const { test, device, node, admin } = await start();
    await using _ = test;
    expect(await admin.request("node.list")).toMatchObject({
      payload: {
        nodes: [
          {
            nodeId: device.id,
            displayName: "ash-3",
            platform: "linux",
            connected: true,
            paired: true,
            commands: ["system.run", "system.which"],
          },
        ],
      },
    });
    expect(await admin.request("node.rename", { nodeId: device.id, displayName: "kitchen" })).toMatchObject({
      ok: true,
    });
    const newer = await connectNode(test, device);
    expect((await node.closed).reason).toBe("replaced by a newer connection");
    expect(await admin.request("node.describe", { nodeId: device.id })).toMatchObject({
      payload: { displayName: "kitchen", connected: true },
    });
    newer.socket.close();
    await newer.closed;
    expect(await admin.request("node.describe", { nodeId: "nobody" })).toMatchObject({ ok: false });
  });

  it("start nothing by themselves and get copies of the sessions they subscribed to", async () => {
    const { test, node, admin } = await start();
    await using _ = test;
    const ignored = await node.request("node.event", {
      event: "agent.request",
      payload: { message: "rm -rf" },
    });
    expect(ignored).toMatchObject({ payload: { ok: true, ignored: true } });
    const unowned = await node.request("node.event", {
      event: "exec.finished",
      payload: { runId: "r", exitCode: 0 },
    });
    expect(unowned).toMatchObject({ payload: { ignored: true } });
    expect(test.reported).toEqual([]);
    await node.request("node.event", { event: "chat.subscribe", payloadJSON: '{"sessionKey":"main"}' });
    const send = (sessionKey: string) =>
      test.server.broadcaster.broadcast("chat", { sessionKey, state: "final" }, { droppable: false });
    send("agent:main:other");
    send("agent:main:main");
    const copy = await node.next((frame) => frame["event"] === "chat");
    expect(copy).toEqual({
      type: "event",
      event: "chat",
      payload: { sessionKey: "agent:main:main", state: "final" },
    });
    await admin.next((frame) => (frame.payload as { sessionKey?: string }).sessionKey === "agent:main:main");
    expect(admin.frames.filter((frame) => frame["event"] === "chat")).toHaveLength(2);
  });

  it("pair in their own store, whose tokens only the approval shows", async () => {
    const { test, admin } = await start();
    await using _ = test;
    const asked = await admin.request("node.pair.request", {
      nodeId: "n1",
      displayName: "old phone",
      platform: "ios",
    });
    const { request } = asked.payload as { request: { requestId: string } };
    const { requestId } = request;
    expect(await admin.next((frame) => frame["event"] === "node.pair.requested")).toBeDefined();
    const approved = await admin.request("node.pair.approve", { requestId });
    const { node } = approved.payload as { node: { token: string } };
    expect(node.token).toMatch(/^[0-9a-f]{32}$/);
    const list = await admin.request("node.pair.list");
    expect(list.payload).toMatchObject({ pending: [], paired: [{ nodeId: "n1" }] });
    expect(JSON.stringify(list)).not.toContain(node.token);
    expect(await admin.request("node.pair.verify", { nodeId: "n1", token: node.token })).toMatchObject({
      payload: { ok: true },
    });
    expect(await admin.request("node.pair.verify", { nodeId: "n1", token: "x" })).toMatchObject({
      payload: { ok: false },
    });
    expect(await admin.request("node.pair.reject", { requestId })).toMatchObject({ ok: false });
  });
});

describe("system-event", () => {
  it("reports presence, and queues text that is no report", async () => {
    const { test, admin } = await start();
    await using _ = test;
    await admin.request("system-event", { text: "Node: ash-3 idle", instanceId: "x1", mode: "node" });
    await admin.request("system-event", { text: "the build is done" });
    expect(test.reported).toEqual(["the build is done"]);
    const list = await admin.request("presence.list");
    expect(JSON.stringify(list.payload)).toContain("x1");
  });
});
