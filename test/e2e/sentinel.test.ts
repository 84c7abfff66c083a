// The sentinel beside real gateways that are killed, stopped (SIGSTOP) and crash over and over; real local receivers.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { freePort } from "../torture/gateway-process.ts";
import { baseConfig, createHome, until, type E2eHome } from "../support/e2e-home.ts";

const certificates = makeCertificates();
const homes: E2eHome[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Takes what the sentinel sends, in place of the webhook, Telegram and Discord. */
async function receiver() {
  const received: Received[] = [];
  const answer = { status: 200 };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body });
      const ok = answer.status === 200;
      response
        .writeHead(answer.status, { "content-type": "application/json" })
        .end(JSON.stringify({ ok, description: "no such chat" }));
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { received, answer, url: `http://127.0.0.1:${port}` };
}

const secret = "sentinel-secret-0123456789";
const botToken = "8123456:very-secret-bot-token";
const quick = { deadlineMs: 500, confirmMs: 100 };

function newHome(sentinel: object = {}): E2eHome {
  const home = createHome({ config: { ...baseConfig, sentinel: { ...quick, ...sentinel } } });
  homes.push(home);
  return home;
}

async function lookOnce(home: E2eHome) {
  const { status, stdout, stderr } = await home.cli(["gateway", "sentinel", "--once", "--json"]);
  const seen = JSON.parse(stdout) as {
    condition: string;
    notice: { event: string } | null;
    deliveries: Array<{ route: string; error: string | null }>;
  };
  return { status, stderr, ...seen };
}

test("killed: every route is told once, and once that it is back", async () => {
  const to = await receiver();
  const home = newHome({});
  const script = join(home.dir, "told.sh");
  const told = join(home.dir, "told.txt");
  writeFileSync(script, `#!/bin/sh\n{ echo "$OPENCLAW_SENTINEL_EVENT $1"; cat; } >> '${told}'\n`, {
    mode: 0o700,
  });
  home.configure({
    ...baseConfig,
    sentinel: {
      ...quick,
      command: [script, "word"],
      webhook: { url: `${to.url}/hook`, secret },
      telegram: { botToken, chatId: "42", apiRoot: `${to.url}/tg` },
      discord: { botToken, channelId: "77", apiRoot: `${to.url}/dc/` },
    },
  });
  expect(await lookOnce(home)).toMatchObject({ status: 0, condition: "stopped", notice: null });
  const gateway = await home.gateway();
  expect(await lookOnce(home)).toMatchObject({ status: 0, condition: "ok", notice: null });
  gateway.signal("SIGKILL");
  await gateway.ended;

  const dead = await lookOnce(home);
  expect(dead).toMatchObject({ status: 1, condition: "dead", notice: { event: "gateway.dead" } });
  expect(dead.deliveries).toEqual(
    ["command", "webhook", "telegram", "discord"].map((route) => ({ route, error: null })),
  );
  const at = (path: string) => to.received.filter((each) => each.path === path);
  const [hook] = at("/hook");
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(hook?.headers["x-openclaw-signature"])) ?? [];
  expect(v1).toBe(createHmac("sha256", secret).update(`${t}.${hook?.body}`).digest("hex"));
  expect(JSON.parse(hook?.body ?? "")).toMatchObject({ event: "gateway.dead", profile: "default" });
  expect(JSON.parse(at(`/tg/bot${botToken}/sendMessage`)[0]?.body ?? "")).toMatchObject({
    chat_id: "42",
    text: expect.stringMatching(/is dead: .*openclaw gateway status/) as string,
  });
  const [discord] = at("/dc/channels/77/messages");
  expect(discord?.headers.authorization).toBe(`Bot ${botToken}`);
  expect(JSON.parse(discord?.body ?? "")).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(readFileSync(told, "utf8")).toMatch(/^gateway\.dead word\n\{"event":"gateway\.dead"/);

  expect(await lookOnce(home)).toMatchObject({ status: 1, condition: "dead", notice: null, deliveries: [] });
  expect(to.received).toHaveLength(3);
  const again = await home.gateway();
  expect(await lookOnce(home)).toMatchObject({
    status: 0,
    condition: "ok",
    notice: { event: "gateway.recovered" },
  });
  expect(to.received).toHaveLength(6);
  expect((await again.stop()).status).toBe(0);
  expect(await lookOnce(home)).toMatchObject({ status: 0, condition: "stopped", notice: null });
  expect(to.received).toHaveLength(6);
});

test("hung (SIGSTOP): a sentinel that keeps running tells it, and that it goes on, with a restart between unseen", async () => {
  const to = await receiver();
  const home = newHome({ webhook: { url: to.url } });
  const gateway = await home.gateway();
  const sentinel = home.spawn(["gateway", "sentinel", "--interval", "1"]);
  const events = () => to.received.map(({ body }) => (JSON.parse(body) as { event: string }).event);
  await until(() => sentinel.stdout().includes("Gateway: ok"), { or: sentinel, what: "the first look" });
  gateway.signal("SIGUSR1");
  await until(() => gateway.stdout().split("Gateway started on").length === 3, { or: gateway });
  gateway.signal("SIGSTOP");
  const stopped = performance.now();
  await until(() => events().includes("gateway.hung"), { or: sentinel, what: "the alarm" });
  console.log(`hung: told after ${(performance.now() - stopped).toFixed(0)} ms`);
  gateway.signal("SIGCONT");
  await until(() => events().includes("gateway.recovered"), { or: sentinel, what: "the all-clear" });
  expect(events()).toEqual(["gateway.hung", "gateway.recovered"]);
  expect(to.received[0]?.headers["x-openclaw-signature"]).toBe(undefined);
  sentinel.signal("SIGINT");
  await sentinel.ended;
  expect((await gateway.stop()).status).toBe(0);
});

test("looping: three starts after ends nobody asked for, also while a process happens to run", async () => {
  const to = await receiver();
  const home = newHome({ webhook: { url: to.url } });
  for (let crash = 0; crash < 4; crash++) {
    const gateway = await home.gateway();
    gateway.signal("SIGKILL");
    await gateway.ended;
  }
  expect(await lookOnce(home)).toMatchObject({ status: 1, condition: "looping" });
  const gateway = await home.gateway();
  expect(await lookOnce(home)).toMatchObject({ status: 1, condition: "looping", notice: null });
  expect((await gateway.stop()).status).toBe(0);
  expect(await lookOnce(home)).toMatchObject({ status: 0, condition: "stopped" });
  expect(to.received.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
    "gateway.looping",
    "gateway.recovered",
  ]);
});

test("what could not be told is told later; no error shows a secret", async () => {
  const to = await receiver();
  to.answer.status = 400;
  const home = newHome({
    command: ["/nowhere/told"],
    telegram: { botToken, chatId: "42", apiRoot: to.url },
  });
  const gateway = await home.gateway();
  gateway.signal("SIGKILL");
  await gateway.ended;
  const failed = await lookOnce(home);
  expect(failed).toMatchObject({ status: 1, condition: "dead" });
  expect(failed.deliveries.map(({ error }) => error)).toEqual([
    'sentinel.command: there is no program "/nowhere/told"',
    "telegram answered with status 400: no such chat",
  ]);
  expect(JSON.stringify(failed)).not.toContain(botToken);
  expect(existsSync(join(home.stateDir, "sentinel.json"))).toBe(false);
  to.answer.status = 200;
  expect((await lookOnce(home)).deliveries).toContainEqual({ route: "telegram", error: null });
  expect(await lookOnce(home)).toMatchObject({ notice: null });
});

test.skipIf(certificates === null)(
  "a gateway with its own certificate, or one that asks for ours, counts as alive",
  async () => {
    if (certificates === null) return;
    const home = newHome();
    const { server, ca } = certificates;
    for (const [name, text] of Object.entries({ cert: server.cert, key: server.key, ca: ca.cert }))
      writeFileSync(join(home.dir, name), text, { mode: 0o600 });
    const files = (names: string[]) => Object.fromEntries(names.map((name) => [name, join(home.dir, name)]));
    for (const names of [
      ["cert", "key"],
      ["cert", "key", "ca"],
    ]) {
      home.configure({
        ...baseConfig,
        gateway: { ...baseConfig.gateway, tls: { enabled: true, ...files(names) } },
        sentinel: quick,
      });
      const gateway = home.spawn(["gateway", "--port", String(await freePort())]);
      await until(() => gateway.stdout().includes("Gateway started on wss"), { or: gateway });
      expect(await lookOnce(home)).toMatchObject({ condition: "ok" });
      gateway.signal("SIGSTOP");
      expect(await lookOnce(home)).toMatchObject({ condition: "hung" });
      gateway.signal("SIGCONT");
      gateway.signal("SIGTERM");
      expect((await gateway.ended).status).toBe(0);
    }
  },
);

test.skipIf(process.getuid?.() !== 0)("run by root, its file belongs to the gateway's account", async () => {
  const to = await receiver();
  const home = newHome({ webhook: { url: to.url } });
  const gateway = await home.gateway();
  gateway.signal("SIGKILL");
  await gateway.ended;
  chownSync(home.stateDir, 12_345, 12_346);
  expect(await lookOnce(home)).toMatchObject({ condition: "dead", notice: { event: "gateway.dead" } });
  expect(statSync(join(home.stateDir, "sentinel.json"))).toMatchObject({ uid: 12_345, gid: 12_346 });
});

test("nobody to tell: it says so, and bad input is refused", async () => {
  const home = newHome();
  const plain = await home.cli(["gateway", "sentinel", "--once"]);
  expect(plain.status).toBe(0);
  expect(plain.stdout).toBe("Gateway: stopped (it is not running)\n");
  expect(plain.stderr).toContain("nobody is told");
  const wrong = await home.cli(["gateway", "sentinel", "--interval", "0"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('--interval "0" is not a whole number');
});
