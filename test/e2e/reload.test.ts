// A changed configuration file under a running gateway (RLD, HID-014/015/018, OPS-032): modes, parts, trial and brake.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../torture/gateway-process.ts";
import { evidence } from "../support/evidence.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const homes: E2eHome[] = [];
const servers: Array<Server | ReturnType<typeof createTcpServer>> = [];
const newHome = (config: object = baseConfig) => {
  const home = createHome({ config });
  homes.push(home);
  return home;
};
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

const secret = "webhook-secret-0123456789";
type Patch = Record<string, unknown>;

/** Takes what the assistant sends; `to` holds whom it answered, once per message. */
async function replyServer() {
  const to: string[] = [];
  const server = createHttpServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      if (body) to.push((JSON.parse(body) as { to: string }).to);
      response.writeHead(200).end();
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { to, url: `http://127.0.0.1:${port}/` };
}

/** One try; null while nobody answers. */
async function post(gateway: Gateway, account: string, message: object): Promise<number | null> {
  const body = JSON.stringify(message);
  const at = Math.floor(Date.now() / 1000);
  const v1 = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  return fetch(`${gateway.http}/channels/webhook/${account}`, {
    method: "POST",
    body,
    headers: { "x-openclaw-signature": `t=${at},v1=${v1}` },
    signal: AbortSignal.timeout(5000),
  }).then(
    (response) => response.status,
    () => null,
  );
}

const lines = (home: E2eHome) => home.log().map((line) => JSON.stringify(line));
const says = (home: E2eHome, pattern: RegExp) => lines(home).some((line) => pattern.test(line));
const account = (url: string, more: Patch = {}) => ({ secret, url, ...more });

async function status(home: E2eHome): Promise<Patch> {
  return JSON.parse((await home.cli(["gateway", "call", "status"])).stdout) as Patch;
}

test("a change of one account restarts that account alone; rules of admission need no restart", async () => {
  const replies = await replyServer();
  const config = (a: Patch, b: Patch) => ({
    ...baseConfig,
    channels: { webhook: { accounts: { a: account(replies.url, a), b: account(replies.url, b) } } },
  });
  const home = newHome(config({}, {}));
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const started = async () => {
    const { channelAccounts } = (await client.ask("channels.status")) as {
      channelAccounts: Record<string, Array<{ accountId: string; lastStartAt: number }>>;
    };
    return Object.fromEntries(
      (channelAccounts["webhook"] ?? []).map((each) => [each.accountId, each.lastStartAt]),
    );
  };
  const first = await started();
  home.configure(config({}, { url: `${replies.url}other` }));
  await until(() => says(home, /configuration applied.*channels\/webhook\/b/), {
    what: "account b to restart",
  });
  const second = await started();
  expect(second["a"]).toBe(first["a"]);
  expect(second["b"]).toBeGreaterThan(first["b"] ?? 0);
  expect(await post(gateway, "a", { id: "1", sender: { id: "alice" }, text: "hello" })).toBe(202);

  home.configure(config({ dmPolicy: "allowlist", allowFrom: ["bob"] }, { url: `${replies.url}other` }));
  await until(() => says(home, /channels\.webhook\.accounts\.a\.allowFrom: hot/), {
    what: "the plan in the log",
  });
  await until(
    async () => (await post(gateway, "a", { id: "2", sender: { id: "alice" }, text: "x" })) === 403,
  );
  expect(await started()).toEqual(second);
  expect(client.socket.readyState).toBe(1);
  client.socket.terminate();
});

test("a critical change restarts inside the process; a shadowed one does not, and is named", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  home.configure({ ...baseConfig, gateway: { ...baseConfig.gateway, port: await freePort() } });
  await until(() => says(home, /has no effect: something outranks the file.*--port/), {
    what: "the warning",
  });
  expect(client.socket.readyState).toBe(1);
  const token = "another-token-0123456789";
  home.configure({ ...baseConfig, gateway: { mode: "local", auth: { mode: "token", token } } });
  expect(await client.event("shutdown")).toMatchObject({ reason: "gateway restarting" });
  const again = await until(() => signIn(gateway, { token }).catch(() => null), { or: gateway });
  expect(gateway.child.exitCode).toBeNull();
  expect(await again.ask("status")).toMatchObject({
    config: { reload: { mode: "hybrid" } },
    gateway: { pid: gateway.pid },
  });
  again.socket.terminate();
});

test("modes hot and off leave critical keys to the operator and say so", async () => {
  const inMode = (mode: string, more: Patch = {}) => ({
    ...baseConfig,
    ...more,
    gateway: { ...baseConfig.gateway, reload: { mode } },
  });
  const home = newHome(inMode("hot"));
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  home.configure(inMode("hot", { session: { mainKey: "other" }, tools: { deny: ["exec"] } }));
  await until(() => says(home, /count after a restart.*session\.mainKey/), { what: "the warning" });
  expect(await client.ask("status")).toMatchObject({
    config: { reload: { mode: "hot", pending: ["session.mainKey"] } },
  });
  const plan = await home.cli(["config", "plan", "--json"]);
  expect(plan.status).toBe(0);

  home.configure(inMode("off", { logging: { level: "debug" } }));
  await until(async () => {
    const { config } = (await client.ask("status")) as { config: { reload: { pending: string[] } } };
    return config.reload.pending.includes("logging.level");
  });
  expect(client.socket.readyState).toBe(1);
  client.socket.terminate();
});

test("invalid text keeps the last configuration, is said once and shown", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  writeFileSync(home.configPath, "{ gateway: { mo");
  await until(() => says(home, /Config validation failed/), { what: "the log to say so" });
  expect(await status(home)).toMatchObject({ config: { valid: false } });
  const health = JSON.parse((await home.cli(["health", "--json"])).stdout) as Patch;
  expect(health).toMatchObject({ ok: true, config: { valid: false } });
  expect(lines(home).filter((line) => /Config validation failed/.test(line))).toHaveLength(1);
  expect(gateway.child.exitCode).toBeNull();
});

test("30 revisions that do not work are refused or taken back within 15 s, and no message is lost", async () => {
  const replies = await replyServer();
  const good = {
    ...baseConfig,
    gateway: { ...baseConfig.gateway, reload: { debounceMs: 50 } },
    messages: { queue: { mode: "followup" } },
    channels: { webhook: { accounts: { a: account(replies.url) } } },
  };
  const home = newHome(good);
  // Without --port: what the file says about the port must count.
  const port = await freePort();
  home.configure({ ...good, gateway: { ...good.gateway, port } });
  const goodText = readFileSync(home.configPath, "utf8");
  const taken = createTcpServer();
  servers.push(taken);
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  const takenPort = (taken.address() as { port: number }).port;
  const started = home.spawn(["gateway"]);
  const http = `http://127.0.0.1:${port}`;
  const gateway = {
    ...started,
    port,
    http,
    url: `ws://127.0.0.1:${port}`,
    pid: started.child.pid ?? -1,
  } as Gateway;
  const answers = () =>
    fetch(`${http}/health`).then(
      (each) => each.ok,
      () => false,
    );
  await until(answers, { or: started, what: "the gateway to answer" });

  const brokenPem = join(home.dir, "broken.pem");
  writeFileSync(brokenPem, "no certificate");
  const file = join(home.dir, "a-file");
  writeFileSync(file, "");
  const tls = (cert: string) => ({
    gateway: { ...good.gateway, port, tls: { enabled: true, cert, key: brokenPem } },
  });
  const gatewayWith = (more: Patch) => ({ gateway: { ...good.gateway, port, ...more } });
  const channel = (a: Patch) => ({ channels: { webhook: { accounts: { a } } } });
  const kinds: Array<Patch | string> = [
    gatewayWith({ port: takenPort }),
    tls(brokenPem),
    tls(join(home.dir, "missing.pem")),
    channel({ secret: "short", url: replies.url }),
    channel({ secret, url: "not an address" }),
    channel({ url: replies.url }),
    {
      channels: {
        webhook: { accounts: { a: account(replies.url), new: { secret: "short", url: replies.url } } },
      },
    },
    gatewayWith({ bind: "lan", auth: { mode: "off" } }),
    gatewayWith({ mode: "remote", remote: { url: "ws://127.0.0.1:1" } }),
    { agents: { defaults: { workspace: join(file, "below-a-file") } } },
  ];
  // Text that is not valid at all is refused, and stays for its author to mend.
  const refused: string[] = [
    "{ gateway: { port:",
    "",
    '{ "gateway": { "port": "abc" } }',
    "[]",
    '{ "logging": { "level": "shout" } }',
  ];

  let sent = 0;
  let running = true;
  const client = (async () => {
    while (running) {
      const text = `message ${sent + 1}`;
      await until(
        async () =>
          (await post(gateway, "a", { id: `m${sent + 1}`, sender: { id: `sender-${sent + 1}` }, text })) ===
          202,
        {
          timeoutMs: 15_000,
          or: started,
          what: `${text} to be accepted`,
        },
      );
      sent += 1;
      // Spaces the messages out over the revisions; nothing is waited for.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const times: number[] = [];
  const rounds: Array<Record<string, string | number>> = [];
  for (let round = 0; round < 30; round++) {
    const at = performance.now();
    const kind =
      round % 3 === 2
        ? refused[Math.floor(round / 3) % refused.length]
        : kinds[(round - Math.floor(round / 3)) % kinds.length];
    if (typeof kind === "string") {
      const before = lines(home).filter((line) => /Config validation failed/.test(line)).length;
      writeFileSync(home.configPath, kind);
      await until(() => lines(home).filter((line) => /Config validation failed/.test(line)).length > before, {
        timeoutMs: 15_000,
        what: `round ${round} to be refused`,
      });
      writeFileSync(home.configPath, goodText);
    } else {
      writeFileSync(
        home.configPath,
        JSON.stringify({
          ...JSON.parse(goodText),
          ...kind,
          meta: undefined,
          session: { mainKey: "main" },
          ...(kind as object),
        }),
      );
      await until(() => readFileSync(home.configPath, "utf8") === goodText, {
        timeoutMs: 15_000,
        or: started,
        what: `round ${round} to be taken back`,
      });
    }
    await until(answers, { timeoutMs: 15_000, or: started, what: `the gateway after round ${round}` });
    times.push(performance.now() - at);
    rounds.push({
      revision: round + 1,
      kind: typeof kind === "string" ? "not a valid file" : Object.keys(kind ?? {}).join(", "),
      "what happened": typeof kind === "string" ? "refused" : "taken back",
      ms: Math.round(performance.now() - at),
    });
  }
  running = false;
  await client;
  expect(Math.max(...times)).toBeLessThan(15_000);
  expect(started.child.exitCode).toBeNull();
  const answered = () => new Set(replies.to).size;
  await until(() => answered() === sent, { timeoutMs: 30_000, what: `${sent} answers` });
  for (const row of rounds) evidence("reload", { ...row, "messages lost": sent - answered() });
  const history = (await home.cli(["config", "history"])).stdout;
  expect(history).toMatch(/gateway +took back/);
  expect((await status(home))["config"]).toMatchObject({
    reload: { reverted: { reason: expect.any(String) as string } },
  });
}, 240_000);

test("safe mode: channels and cron are off, the control plane is up and says so", async () => {
  const replies = await replyServer();
  const home = newHome({ ...baseConfig, channels: { webhook: { accounts: { a: account(replies.url) } } } });
  const gateway = await home.gateway({ args: ["--safe"] });
  expect(await post(gateway, "a", { id: "1", sender: { id: "alice" }, text: "hello" })).toBe(401);
  expect(await status(home)).toMatchObject({ safeMode: { by: "flag" }, channels: [] });
  expect(JSON.parse((await home.cli(["health", "--json"])).stdout)).toMatchObject({
    ok: true,
    safeMode: { by: "flag" },
  });
  expect((await home.cli(["status"])).stdout).toMatch(/Safe mode:\s+.*--safe/);
  expect((await home.cli(["gateway", "status"])).stdout).toMatch(/Safe mode:\s+.*--safe/);
  expect(says(home, /safe mode/)).toBe(true);
  expect((await gateway.stop()).status).toBe(0);
});

test("after starts that break off, safe mode on the last configuration that worked; a mended file leaves it", async () => {
  const replies = await replyServer();
  const good = {
    ...baseConfig,
    gateway: { ...baseConfig.gateway, reload: { debounceMs: 50, probationMs: 200 } },
    channels: { webhook: { accounts: { a: account(replies.url) } } },
  };
  const home = newHome(good);
  const first = await home.gateway();
  const goodHash = String(((await status(home))["config"] as Patch)["hash"]);
  await until(() => readFileSync(join(home.stateDir, "starts.json"), "utf8").includes(goodHash), {
    what: "proof",
  });
  expect((await first.stop()).status).toBe(0);

  const file = join(home.dir, "a-file");
  writeFileSync(file, "");
  // Its token and its TLS are not those of the gateway that then runs; commands reach it all the same.
  const bad = {
    ...good,
    gateway: { ...good.gateway, auth: { mode: "token", token: "9f".repeat(32) }, tls: { enabled: true } },
    agents: { defaults: { workspace: join(file, "below-a-file") } },
  };
  home.configure(bad);
  for (let start = 0; start < 5; start++) expect((await home.cli(["gateway"])).status).toBe(1);
  const braked = await home.gateway();
  const shown = await status(home);
  expect(shown).toMatchObject({
    safeMode: { by: "brake", reason: expect.stringMatching(/5 starts/) as string },
    config: { reload: { inForce: goodHash } },
  });
  expect((await home.cli(["status"])).stdout).toMatch(/Safe mode:\s+.*5 starts/);
  expect(says(home, /safe mode.*last that worked/)).toBe(true);
  // The file is left for its author to look at.
  expect(JSON.parse(readFileSync(home.configPath, "utf8"))).toEqual(bad);

  home.configure({ ...good, session: { mainKey: "mended" } });
  await until(
    async () => (await post(braked, "a", { id: "1", sender: { id: "alice" }, text: "x" })) === 202,
    {
      or: braked,
      what: "the channel to be back",
    },
  );
  expect(await status(home)).toMatchObject({ safeMode: null });
  expect((await braked.stop()).status).toBe(0);
  expect(JSON.parse(readFileSync(join(home.stateDir, "starts.json"), "utf8"))).toMatchObject({ starts: [] });
}, 60_000);

test("config.apply: the conversation that asked is told after the restart, also that its change was taken back", async () => {
  const home = newHome({ ...baseConfig, gateway: { ...baseConfig.gateway, reload: { debounceMs: 50 } } });
  const gateway = await home.gateway();
  const asked = async (config: object, note: string) => {
    const client = await signIn(gateway);
    await client.ask("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: note });
    const { hash } = await client.ask("config.get");
    await client.ask("config.apply", {
      config,
      baseHash: hash,
      sessionKey: "main",
      note,
      restartDelayMs: 50,
    });
    client.socket.terminate();
  };
  const told = (pattern: RegExp) =>
    until(async () => pattern.test((await home.cli(["sessions", "export", "main"])).stdout), {
      what: `the conversation to hold ${pattern}`,
      timeoutMs: 15_000,
    });
  await asked({ ...baseConfig, session: { mainKey: "main" }, tools: { deny: ["exec"] } }, "no commands");
  await told(/The gateway restarted for config\.apply \(no commands\)/);
  const wrong = { enabled: true, cert: "/nowhere.pem", key: "/nowhere.pem" };
  await asked({ ...baseConfig, gateway: { ...baseConfig.gateway, tls: wrong } }, "encrypt");
  await told(/The change of config\.apply \(encrypt\) was taken back: gateway\.tls\.cert/);
  expect(gateway.child.exitCode).toBeNull();
}, 40_000);
