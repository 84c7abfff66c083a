// A gateway and node hosts as real processes with homes of their own: pairing, commands, policy, approvals, files.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProxy } from "../support/front-proxy.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  baseConfig,
  createHome,
  e2eToken,
  until,
  type E2eHome,
  type Gateway,
  type Running,
} from "../support/e2e-home.ts";

let gatewayHome: E2eHome;
let nodeHome: E2eHome;
let gateway: Gateway;
let node: Running;
let shared: string;

beforeAll(async () => {
  gatewayHome = createHome({ config: baseConfig });
  nodeHome = createHome({
    config: { gateway: { mode: "remote" }, tools: { exec: { security: "allowlist", ask: "on-miss" } } },
  });
  gateway = await gatewayHome.gateway();
  mkdirSync(join(nodeHome.dir, "shared"));
  mkdirSync(join(nodeHome.dir, "private"));
  shared = realpathSync(join(nodeHome.dir, "shared"));
  writeFileSync(join(shared, "note.txt"), "from the node\n");
  writeFileSync(join(nodeHome.dir, "private", "secret.txt"), "not for the gateway\n");
  node = startNode(["--display-name", "workshop", "--share-write", shared]);
  await until(() => node.stdout().includes("Connected to"), { or: node, what: "the node to connect" });
});
afterAll(async () => {
  node.signal("SIGTERM");
  expect((await node.ended).status).toBe(0);
  await nodeHome[Symbol.asyncDispose]();
  await gatewayHome[Symbol.asyncDispose]();
});

function startNode(more: string[] = [], home = nodeHome): Running {
  return home.spawn(["node", "run", "--url", gateway.url, ...more], {
    env: { OPENCLAW_GATEWAY_TOKEN: e2eToken },
  });
}

const nodes = (...words: string[]) => gatewayHome.cli(["nodes", ...words]);

test("the node is listed with what it offers, and shown as present", async () => {
  const { nodes: rows } = JSON.parse((await nodes("list", "--json")).stdout) as {
    nodes: Array<Record<string, unknown>>;
  };
  expect(rows).toMatchObject([
    { displayName: "workshop", connected: true, paired: true, caps: ["system", "files"], platform: "linux" },
  ]);
  expect(rows[0]?.["commands"]).toEqual(
    [
      "file.list",
      "file.read",
      "file.write",
      "system.execApprovals.get",
      "system.execApprovals.set",
      "system.run",
      "system.run.prepare",
      "system.which",
    ].sort(),
  );
  const presence = await gatewayHome.cli(["gateway", "call", "system-presence", "--json"]);
  expect(JSON.parse(presence.stdout)).toEqual(
    expect.arrayContaining([expect.objectContaining({ host: "workshop", mode: "node", roles: ["node"] })]),
  );
  const status = await nodeHome.cli(["node", "status", "--json"]);
  expect(status.status).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({ state: "connected", nodeId: rows[0]?.["nodeId"] });
});

test("system.which answers; what the node does not have is missing", async () => {
  const params = JSON.stringify({ bins: ["sh", "no-such-program-here"] });
  const answer = await nodes("invoke", "workshop", "system.which", "--params", params);
  expect(Object.keys((JSON.parse(answer.stdout) as { bins: object }).bins)).toEqual(["sh"]);
});

test("a command off the list waits for an operator, runs once as it was shown, and passes its status on", async () => {
  const asking = gatewayHome.spawn(["nodes", "run", "workshop", "--cwd", shared, "--", "ls", "-1"]);
  const line = await until(() => /approvals approve (\S+)/.exec(asking.stderr()), { or: asking });
  const waiting = await gatewayHome.cli(["approvals", "list", "--json"]);
  expect(waiting.stdout).toContain("node:workshop");
  expect(waiting.stdout).toContain("ls -1");
  expect((await gatewayHome.cli(["approvals", "approve", line[1] ?? ""])).status).toBe(0);
  expect(await asking.ended).toMatchObject({ status: 0, stdout: "note.txt\n" });

  const denied = gatewayHome.spawn(["nodes", "run", "workshop", "--", "ls", "-1"]);
  const other = await until(() => /approvals approve (\S+)/.exec(denied.stderr()), { or: denied });
  expect(other[1]).not.toBe(line[1]);
  await gatewayHome.cli(["approvals", "deny", other[1] ?? ""]);
  const end = await denied.ended;
  expect(end).toMatchObject({ status: 1, stdout: "" });
  expect(end.stderr).toMatch(/the operator refused it/);
});

test("what the caller brings along is no approval", async () => {
  const params = JSON.stringify({ command: ["ls"], approved: true, approvalDecision: "allow-always" });
  const asking = gatewayHome.spawn(["nodes", "invoke", "workshop", "system.run", "--params", params]);
  const line = await until(() => /approvals approve (\S+)/.exec(asking.stderr()), { or: asking });
  await gatewayHome.cli(["approvals", "deny", line[1] ?? ""]);
  expect((await asking.ended).status).toBe(1);
});

test("the node's own policy holds: a list lets commands through, deny stops all, its file can be set from afar", async () => {
  const ls = realpathSync("/bin/ls");
  const policy = join(gatewayHome.dir, "policy.json");
  const set = async (file: object) => {
    writeFileSync(policy, JSON.stringify(file));
    return nodes("policy", "workshop", "--set", policy);
  };
  expect((await set({ version: 1, agents: { "*": { allowlist: [{ pattern: ls }] } } })).status).toBe(0);
  const shown = JSON.parse((await nodes("policy", "workshop")).stdout) as { file: { agents: object } };
  expect(JSON.stringify(shown.file.agents)).toContain(ls);
  expect(await nodes("run", "workshop", "--cwd", shared, "--", "ls", "note.txt")).toMatchObject({
    status: 0,
    stdout: "note.txt\n",
  });
  expect((await nodes("run", "workshop", "--", "ls", "/no/such/place")).status).toBe(2);
  await set({ version: 1, defaults: { security: "deny" } });
  const stopped = await nodes("run", "workshop", "--", "ls");
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toContain("SYSTEM_RUN_DISABLED");
  // It may narrow what tools.exec of the node says, never widen it.
  await set({ version: 1, defaults: { security: "full", ask: "off" } });
  const asking = gatewayHome.spawn(["nodes", "run", "workshop", "--", "id"]);
  await until(() => /Waiting for approval/.test(asking.stderr()), { or: asking });
  asking.signal("SIGINT");
  expect((await asking.ended).status).toBe(130);
  await until(async () => {
    const { approvals } = JSON.parse(
      (await gatewayHome.cli(["gateway", "call", "exec.approval.list", "--json"])).stdout,
    ) as { approvals: unknown[] };
    return approvals.length === 0;
  });
});

test("files of shared folders can be read and changed; nothing else can", async () => {
  const call = (command: string, params: object) =>
    nodes("invoke", "workshop", command, "--params", JSON.stringify(params));
  const read = await call("file.read", { path: join(shared, "note.txt"), encoding: "utf8" });
  expect(JSON.parse(read.stdout)).toMatchObject({ text: "from the node\n", size: 14 });
  const written = await call("file.write", { path: join(shared, "new", "a.txt"), text: "hello" });
  expect(JSON.parse(written.stdout)).toMatchObject({ created: true, bytes: 5 });
  expect(readFileSync(join(shared, "new", "a.txt"), "utf8")).toBe("hello");
  for (const path of [
    join(nodeHome.dir, "private", "secret.txt"),
    `${shared}/../private/secret.txt`,
    nodeHome.configPath,
  ]) {
    const refused = await call("file.read", { path });
    expect(refused.status, path).toBe(1);
    expect(refused.stderr, path).toMatch(/in no shared folder|leads outside|PATH_/);
  }
});

test("a second host of the same identity is refused; a restarted gateway gets the node back by itself", async () => {
  const second = await startNode().ended;
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(/runs already/);
  await gateway.stop();
  await until(() => /Not connected/.test(node.stdout()), { or: node });
  gateway = await gatewayHome.gateway({ port: gateway.port });
  await until(async () => (await nodes("list", "--json")).stdout.includes('"connected": true'), {
    or: node,
    timeoutMs: 15_000,
    what: "the node to come back",
  });
});

test("a node from elsewhere waits until it is approved; removed, it is put out and has to ask again", async () => {
  // A forwarding header makes it what a request from another machine is.
  await using front = await startProxy(gateway.port, {
    headers: (headers) => ({ ...headers, "x-forwarded-for": "203.0.113.9" }),
  });
  await using away = createHome({ config: { gateway: { mode: "remote" } } });
  const url = `ws://127.0.0.1:${front.port}`;
  const start = (token: string) =>
    away.spawn(["node", "run", "--url", url, "--display-name", "attic"], {
      env: { OPENCLAW_GATEWAY_TOKEN: token },
    });
  const wrong = await start("wrong").ended;
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toMatch(/unauthorized|authentication token/i);

  const attic = start(e2eToken);
  await until(() => /devices approve/.test(attic.stdout()), { or: attic, what: "the node to wait" });
  const { pending } = JSON.parse((await nodes("pending", "--json")).stdout) as {
    pending: Array<{ requestId: string; name: string }>;
  };
  expect(pending).toMatchObject([{ name: "attic" }]);
  const inChat = await gatewayHome.cli(["agent", "-m", "/pair"]);
  expect(inChat.stdout).toMatch(/attic, linux, from 127\.0\.0\.1, as a node/);
  expect((await nodes("approve", pending[0]?.requestId.slice(0, 8) ?? "")).stdout).toMatch(/Approved attic/);
  await until(() => /Connected to/.test(attic.stdout()), { or: attic, what: "the approved node to connect" });
  expect((await nodes("rename", "attic", "loft")).status).toBe(0);
  const which = await nodes("invoke", "loft", "system.which", "--params", '{"bins":["sh"]}');
  expect(which.status).toBe(0);

  const { nodes: rows } = JSON.parse((await nodes("list", "--json")).stdout) as {
    nodes: Array<{ nodeId: string; displayName: string }>;
  };
  const nodeId = rows.find((row) => row.displayName === "loft")?.nodeId ?? "";
  expect((await gatewayHome.cli(["devices", "remove", nodeId])).status).toBe(0);
  await until(() => /credentials changed[^]*devices approve/.test(attic.stdout()), { or: attic });
  const names = JSON.parse((await nodes("list", "--json")).stdout) as { nodes: unknown[] };
  expect(names.nodes).toHaveLength(1);
  const asks = [...attic.stdout().matchAll(/devices approve (\S+)/g)].at(-1)?.[1] ?? "";
  const letIn = await gatewayHome.cli(["agent", "-m", `/pair device approve ${asks.slice(0, 8)}`]);
  expect(letIn.stdout).toMatch(/Let in: .*attic/);
  await until(() => /Connected to(?![^]*devices approve)/.test(attic.stdout()), { or: attic });
  attic.signal("SIGTERM");
  expect((await attic.ended).status).toBe(0);
});

test("a setup code lets one machine in as what it says, once, without the gateway's token", async () => {
  await using front = await startProxy(gateway.port, {
    headers: (headers) => ({ ...headers, "x-forwarded-for": "203.0.113.10" }),
  });
  const url = `ws://127.0.0.1:${front.port}`;
  const made = await gatewayHome.cli(["qr", "--node", "--public-url", url, "--json"]);
  const { setupCode, roles } = JSON.parse(made.stdout) as { setupCode: string; roles: string[] };
  expect(roles).toEqual(["node"]);
  const payload = JSON.parse(Buffer.from(setupCode, "base64url").toString()) as Record<string, string>;
  expect(payload).toMatchObject({ url });
  expect(JSON.stringify(payload)).not.toContain(e2eToken);

  await using cellar = createHome({ config: { gateway: { mode: "remote" } } });
  const words = ["node", "run", "--setup-code", setupCode, "--display-name", "cellar"];
  const first = cellar.spawn(words);
  await until(() => /Connected to/.test(first.stdout()), { or: first, what: "the cellar to connect" });
  expect((await nodes("invoke", "cellar", "system.which", "--params", '{"bins":["sh"]}')).status).toBe(0);
  first.signal("SIGTERM");
  expect((await first.ended).status).toBe(0);
  // Its own token is what it comes back with.
  const again = cellar.spawn(["node", "run"]);
  await until(() => /Connected to/.test(again.stdout()), { or: again, what: "the cellar to come back" });
  again.signal("SIGTERM");
  await again.ended;

  await using thief = createHome({ config: { gateway: { mode: "remote" } } });
  const second = await thief.spawn(words).ended;
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(/unauthorized|authentication token/i);
  const nowhere = await gatewayHome.cli(["qr"]);
  expect(nowhere.stderr).toMatch(/this machine only[^]*gateway\.bind lan/);
  const drawn = await gatewayHome.cli(["qr", "--public-url", url]);
  expect(drawn.stdout).toMatch(/[█▀▄]/);
});
