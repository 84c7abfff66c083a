// The gateway behind real proxies with the files of packaging/ as they stand: everything works, and nothing that a visitor says
// about itself is believed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { baseConfig, createHome, e2eToken, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { testDevice } from "../support/gateway-server.ts";
import { fakeTailscale, type FakeTailscale } from "../support/tailscale.ts";
import { example, proxyFolder, startCaddy, startHaproxy, startNginx, type Front } from "./fronts.ts";
import { clientAddresses, siteName } from "./place.ts";
import { ask, connectAs, forged } from "./visitor.ts";

const made = makeCertificates(`DNS:${siteName}`);
if (made === null) throw new Error("openssl is missing");
const { ca, server } = made;
const live = `/etc/letsencrypt/live/${siteName}`;

const fronts: Record<string, (folder: string) => Promise<Front>> = {
  nginx: (folder) =>
    startNginx(
      folder,
      example("nginx/openclaw.conf", {
        [`${live}/fullchain.pem`]: `${folder}/cert.pem`,
        [`${live}/privkey.pem`]: `${folder}/key.pem`,
      }),
    ),
  // The one line more: here no authority of the internet can give it a certificate.
  Caddy: (folder) =>
    startCaddy(
      folder,
      example("caddy/Caddyfile", {
        [`${siteName} {\n`]: `${siteName} {\n\ttls ${folder}/cert.pem ${folder}/key.pem\n`,
      }),
    ),
  HAProxy: (folder) =>
    startHaproxy(
      folder,
      example("haproxy/haproxy.cfg", { [`/etc/haproxy/${siteName}.pem`]: `${folder}/both.pem` }),
    ),
};

describe.each(Object.entries(fronts))("behind %s", (_name, startFront) => {
  let tailscale: FakeTailscale;
  let home: E2eHome;
  let elsewhere: E2eHome;
  let gateway: Gateway;
  let front: Front;
  let remote: Record<string, string>;
  const https = `https://${siteName}`;
  const wss = `wss://${siteName}`;
  const bearer = { authorization: `Bearer ${e2eToken}` };
  const question = { model: "openclaw", input: "Reply with: through the proxy" };

  beforeAll(async () => {
    // Serve is on, so that its identities count: from a proxy that is not Serve they must not.
    tailscale = fakeTailscale({
      people: { [clientAddresses[0]]: "alice@example.com", "100.64.0.9": "alice@example.com" },
    });
    home = createHome({
      config: {
        ...baseConfig,
        gateway: {
          ...baseConfig.gateway,
          allowedHosts: [siteName],
          trustedProxies: ["127.0.0.1"],
          tailscale: { mode: "serve" },
        },
        tools: { exec: { pathPrepend: [tailscale.folder] } },
      },
    });
    elsewhere = createHome();
    writeFileSync(join(elsewhere.dir, "ca.pem"), ca.cert);
    remote = { OPENCLAW_GATEWAY_TOKEN: e2eToken, NODE_EXTRA_CA_CERTS: join(elsewhere.dir, "ca.pem") };
    gateway = await home.gateway({ port: 18_789 });
    front = await startFront(proxyFolder(server));
  });
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await gateway.stop();
    await home[Symbol.asyncDispose]();
    await elsewhere[Symbol.asyncDispose]();
    tailscale[Symbol.dispose]();
  });

  test("the CLI of another machine is paired once and then works", async () => {
    const run = (...argv: string[]) => elsewhere.cli(["--url", wss, ...argv], { env: remote });
    const first = await run("health");
    expect(first.status).toBe(1);
    const id = /openclaw devices approve (\S+?)`/.exec(first.stderr)?.[1] ?? "";
    expect(id).not.toBe("");
    expect((await home.cli(["devices", "approve", id])).status).toBe(0);
    const second = await run("health", "--json");
    expect(second.stderr).toBe("");
    expect(JSON.parse(second.stdout)).toMatchObject({ ok: true });
    const answer = await run("agent", "--message", "Reply with: through the proxy");
    expect(answer.stdout).toContain("through the proxy");
    const walked = await elsewhere.cli(["connect-test", wss], { env: remote });
    expect(walked.stdout).toMatch(/All well\.\n$/);
  });

  test("the page, the HTTP API and streams come through, and http: leads to https:", async () => {
    const page = await ask(`${https}/`, { ca: ca.cert });
    expect([page.status, page.headers["content-type"]]).toEqual([200, expect.stringContaining("text/html")]);
    const plain = await ask(`http://${siteName}/x?y=1`);
    expect(plain.status).toBeGreaterThanOrEqual(301);
    expect(plain.headers.location).toBe(`${https}/x?y=1`);
    const answer = await ask(`${https}/v1/responses`, { ca: ca.cert, headers: bearer, body: question });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("through the proxy");
    const stream = await ask(`${https}/v1/responses`, {
      ca: ca.cert,
      headers: bearer,
      body: { ...question, stream: true },
    });
    expect(stream.headers["content-type"]).toContain("text/event-stream");
    expect(stream.body).toContain("response.completed");
  });

  test("forged headers open nothing", async () => {
    for (const host of [siteName, "localhost", "127.0.0.1:18789", "host.tail1234.ts.net"]) {
      const headers = { ...forged, Host: host };
      const asked = await ask(`${https}/v1/responses`, { ca: ca.cert, headers, body: question });
      // Other names the proxy or the gateway may refuse before that, each in its way.
      if (host === siteName) expect(asked.status).toBe(401);
      expect(asked.body).not.toContain("through the proxy");
    }
    const claims = [forged, { "X-Forwarded-For": "100.64.0.9", "Tailscale-User-Login": "alice@example.com" }];
    for (const headers of claims) {
      const { client, answer } = await connectAs(wss, { ca: ca.cert, headers, device: testDevice() });
      expect(answer).toMatchObject({ ok: false, error: { code: "AUTH_FAILED" } });
      client.socket.terminate();
    }
    expect(tailscale.calls().filter(([command]) => command === "whois")).toEqual([]);
  });

  test("a stranger with the token is not let in as a local client, and its own address is noted", async () => {
    const device = testDevice();
    const { client, answer } = await connectAs(wss, {
      ca: ca.cert,
      headers: forged,
      device,
      token: e2eToken,
    });
    expect(answer).toMatchObject({ ok: false, error: { code: "NOT_PAIRED" } });
    client.socket.terminate();
    const list = await home.cli(["devices", "list", "--json"]);
    expect(list.status).toBe(0);
    const { pending } = JSON.parse(list.stdout) as { pending: Array<Record<string, unknown>> };
    expect(pending.find((each) => each["deviceId"] === device.id)).toMatchObject({
      remoteIp: clientAddresses[0],
    });
  });

  test("guesses count against the one who makes them, whatever address it claims", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 14; i++) {
      const headers = {
        ...forged,
        "X-Forwarded-For": `192.0.2.${i}`,
        "X-Real-IP": `192.0.2.${i}`,
        authorization: `Bearer ${i}`,
      };
      const asked = await ask(`${https}/v1/responses`, {
        ca: ca.cert,
        headers,
        body: question,
        from: clientAddresses[1],
      });
      statuses.push(asked.status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(statuses.slice(10)).toEqual([429, 429, 429, 429]);
    const other = await ask(`${https}/v1/responses`, { ca: ca.cert, headers: bearer, body: question });
    expect(other.status).toBe(200);
    const local = await ask(`${gateway.http}/v1/responses`, { headers: bearer, body: question });
    expect(local.status).toBe(200);
  });
});

test("an nginx with nothing but proxy_pass beside Tailscale Serve does not look like Serve", async () => {
  using tailscale = fakeTailscale({ people: { "100.64.0.9": "alice@example.com" } });
  await using home = createHome({
    config: {
      ...baseConfig,
      gateway: { ...baseConfig.gateway, tailscale: { mode: "serve" } },
      tools: { exec: { pathPrepend: [tailscale.folder] } },
    },
  });
  const gateway = await home.gateway({ port: 18_789 });
  const bare = "server { listen 80; location / { proxy_pass http://127.0.0.1:18789; } }";
  await using _front = await startNginx(proxyFolder(server), bare, 80);
  // All that Serve would send, from somebody who knows a member of the tailnet and her address.
  const asked = await ask(`http://${siteName}/v1/responses`, {
    headers: {
      "X-Forwarded-For": "100.64.0.9",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "host.tail1234.ts.net",
      "Tailscale-User-Login": "alice@example.com",
      Host: "host.tail1234.ts.net",
    },
    body: { model: "openclaw", input: "hello" },
  });
  expect(asked.status).toBe(401);
  await gateway.stop();
});

test("behind a proxy that the gateway was not told about, visitors cannot lock out the machine's own operator", async () => {
  await using home = createHome({
    config: { ...baseConfig, gateway: { ...baseConfig.gateway, allowedHosts: [siteName] } },
  });
  const gateway = await home.gateway({ port: 18_789 });
  const folder = proxyFolder(server);
  await using _front = await (fronts["nginx"] ?? startNginx)(folder, "");
  const asking = (authorization: string) => ({
    ca: ca.cert,
    headers: { ...forged, authorization },
    body: { model: "openclaw", input: "hello" },
  });
  for (let i = 0; i < 12; i++) await ask(`https://${siteName}/v1/responses`, asking(`Bearer ${i}`));
  const visitor = await ask(`https://${siteName}/v1/responses`, asking(`Bearer ${e2eToken}`));
  expect(visitor.status).toBe(429);
  const local = await ask(`${gateway.http}/v1/responses`, {
    headers: { authorization: `Bearer ${e2eToken}` },
    body: { model: "openclaw", input: "hello" },
  });
  expect(local.status).toBe(200);
  await gateway.stop();
});
