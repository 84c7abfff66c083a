// The agent on a node: commands by exec, files and pictures by the nodes tool, with real processes on both ends.
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider } from "../fakes/providers/server.ts";
import {
  baseConfig,
  createHome,
  e2eToken,
  until,
  type E2eHome,
  type Gateway,
  type Running,
  fakeModels,
} from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
let provider: FakeProvider;
let gatewayHome: E2eHome;
let nodeHome: E2eHome;
let gateway: Gateway;
let node: Running;
let shared: string;
let runs = 0;

beforeAll(async () => {
  provider = await startFakeProvider({ wire: "anthropic-messages" });
  gatewayHome = createHome({
    config: {
      ...baseConfig,
      models: fakeModels(provider, { input: ["text", "image"] }),
      agents: { defaults: { model: "fake/fake-model" } },
      tools: { exec: { security: "full", ask: "off" } },
    },
  });
  nodeHome = createHome({ config: { gateway: { mode: "remote" } } });
  gateway = await gatewayHome.gateway();
  mkdirSync(join(nodeHome.dir, "shared"));
  shared = realpathSync(join(nodeHome.dir, "shared"));
  writeFileSync(join(shared, "view.png"), Buffer.from(png, "base64"));
  node = startNode();
  await until(() => node.stdout().includes("Connected to"), { or: node, what: "the node to connect" });
});
afterAll(async () => {
  await nodeHome[Symbol.asyncDispose]();
  await gatewayHome[Symbol.asyncDispose]();
  await provider.stop();
});

const startNode = (): Running =>
  nodeHome.spawn(["node", "run", "--url", gateway.url, "--display-name", "workshop", "--share", shared], {
    env: { OPENCLAW_GATEWAY_TOKEN: e2eToken },
  });

/** Lets the model make one call in a session, and brings what it was told back. */
async function toldAfter(call: { name: string; input: object }, sessionKey = "main"): Promise<string> {
  const key = `run-${++runs}`;
  let told = "";
  provider.setScript((request) => {
    const messages = request.body?.["messages"] as Array<{ content: unknown }>;
    const last = JSON.stringify(messages.at(-1)?.content);
    if (!last.includes("tool_result")) return { toolCalls: [{ id: `toolu_${key}`, ...call }] };
    told = last;
    return { text: "done" };
  });
  const client = await signIn(gateway);
  await client.ask("chat.send", { sessionKey, message: "go", idempotencyKey: key });
  await until(
    async () => (await client.ask("agent.wait", { runId: key, timeoutMs: 5000 }))["status"] === "ok",
    {
      or: gateway,
      timeoutMs: 20_000,
    },
  );
  client.socket.terminate();
  return told;
}

/** Watches from now on for a question, and allows it. */
const watcher = async () => {
  const client = await signIn(gateway);
  return () => allowNext(client);
};
const allowNext = async (client: Awaited<ReturnType<typeof signIn>>) => {
  const asked = await client.event("exec.approval.requested", () => true);
  client.socket.terminate();
  expect((await gatewayHome.cli(["approvals", "approve", String(asked["id"])])).status).toBe(0);
  return asked["request"] as Record<string, unknown>;
};

test("exec on a node: the node's owner decides, people see its plan, the answer comes back", async () => {
  const watching = await watcher();
  const seen = watching();
  const told = await toldAfter({
    name: "exec",
    input: { command: "pwd && cat shared/none || echo was-here > shared-mark; ls", host: "node" },
  });
  expect(await seen).toMatchObject({
    host: "node:workshop",
    toolName: "exec",
    cwd: realpathSync(nodeHome.dir),
  });
  expect(told).toContain(realpathSync(nodeHome.dir));
  expect(readFileSync(join(nodeHome.dir, "shared-mark"), "utf8")).toBe("was-here\n");
});

test("a session, an agent or the configuration sends commands there without the model saying so", async () => {
  const policy = join(gatewayHome.dir, "policy.json");
  const file = { version: 1, agents: { "*": { allowlist: [{ pattern: realpathSync("/bin/pwd") }] } } };
  writeFileSync(policy, JSON.stringify(file));
  expect((await gatewayHome.cli(["nodes", "policy", "workshop", "--set", policy])).status).toBe(0);
  const client = await signIn(gateway);
  await client.ask("sessions.patch", { key: "far", execHost: "node", execNode: "workshop" });
  client.socket.terminate();
  expect(await toldAfter({ name: "exec", input: { command: "pwd" } }, "far")).toContain(
    realpathSync(nodeHome.dir),
  );
  const here = await toldAfter({ name: "exec", input: { command: "pwd" } });
  expect(here).not.toContain(realpathSync(nodeHome.dir));
  expect(await toldAfter({ name: "exec", input: { command: "pwd", host: "gateway" } }, "far")).toMatch(
    /tools\.exec\.host/,
  );
  expect((await gatewayHome.cli(["config", "set", "tools.exec.host", "node"])).status).toBe(0);
  await until(
    async () =>
      (await toldAfter({ name: "exec", input: { command: "pwd" } })).includes(realpathSync(nodeHome.dir)),
    { or: gateway },
  );
});

test("nodes: what they offer, and a picture of theirs that the model sees", async () => {
  expect(await toldAfter({ name: "nodes", input: { action: "list" } })).toMatch(/workshop.*file\.read/);
  const told = await toldAfter({
    name: "nodes",
    input: {
      action: "invoke",
      node: "workshop",
      command: "file.read",
      params: { path: join(shared, "view.png"), encoding: "base64" },
    },
  });
  expect(told).toContain('"image/png"');
  const kept = /nodes\/\S+?\.png/.exec(told)?.[0] ?? "missing";
  expect(existsSync(join(gatewayHome.stateDir, "workspace", kept))).toBe(true);
});

test("a gateway that dies while people are asked asks no second time, and the command runs once", async () => {
  const client = await signIn(gateway);
  provider.setScript((request) => {
    const messages = request.body?.["messages"] as Array<{ content: unknown }>;
    const input = { command: `echo once >> ${nodeHome.dir}/marks; cat ${nodeHome.dir}/marks`, host: "node" };
    return JSON.stringify(messages.at(-1)?.content).includes("tool_result")
      ? { text: "done" }
      : { toolCalls: [{ id: "toolu_crash", name: "exec", input }] };
  });
  const waiting = client.event("exec.approval.requested", () => true);
  await client.ask("chat.send", { sessionKey: "far", message: "go", idempotencyKey: "crash" });
  const { id } = await waiting;
  client.socket.terminate();
  gateway.signal("SIGKILL");
  await gateway.ended;
  gateway = await gatewayHome.gateway({ port: gateway.port });
  expect((await gatewayHome.cli(["approvals", "approve", String(id)])).status).toBe(0);
  const after = await signIn(gateway);
  await until(
    async () => (await after.ask("agent.wait", { runId: "crash", timeoutMs: 5000 }))["status"] === "ok",
    {
      or: gateway,
      timeoutMs: 25_000,
    },
  );
  after.socket.terminate();
  expect(readFileSync(join(nodeHome.dir, "marks"), "utf8")).toBe("once\n");
}, 60_000);
