// Tailscale (a stand-in for its command) and TLS, from the configuration to the answer.
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { baseConfig, createHome, e2eToken, until, type E2eHome, type Running } from "../support/e2e-home.ts";
import { fakeTailscale } from "../support/tailscale.ts";
import { freePort } from "../torture/gateway-process.ts";

const homes: E2eHome[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
});

function newHome(gateway: object, more: object = {}): E2eHome {
  const home = createHome({
    config: { ...baseConfig, gateway: { ...baseConfig.gateway, ...gateway }, ...more },
  });
  homes.push(home);
  return home;
}

const logged = (home: E2eHome, text: string) => home.log().find((line) => String(line["1"]).includes(text));
/** The status of an answer; `fetch` would send a Host of its own. */
const post = (url: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    const asked = request(url, { method: "POST", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end("{}");
  });
const tools = (fake: { folder: string }) => ({ tools: { exec: { pathPrepend: [fake.folder] } } });
const alice = {
  "content-type": "application/json",
  "x-forwarded-for": "100.64.0.9",
  "x-forwarded-proto": "https",
  host: "host.tail1234.ts.net",
  "x-forwarded-host": "host.tail1234.ts.net",
  "tailscale-user-login": "alice@example.com",
};

describe("Tailscale", () => {
  test("serve: published, confirmed visitors need no token, and the rule goes with the gateway", async () => {
    // 127.0.0.2 stands for the address in the tailnet, which this machine has not.
    using fake = fakeTailscale({ ips: ["127.0.0.2"], people: { "100.64.0.9": "alice@example.com" } });
    const home = newHome({ tailscale: { resetOnExit: true } }, tools(fake));
    const gateway = await home.gateway({ args: ["--bind", "tailnet", "--tailscale", "serve"] });
    await until(() => logged(home, "published through Tailscale serve: https://host.tail1234.ts.net/"));
    expect(fake.state()).toMatchObject({
      serve: {
        Web: {
          "host.tail1234.ts.net:443": { Handlers: { "/": { Proxy: `http://127.0.0.1:${gateway.port}` } } },
        },
      },
    });
    expect((await fetch(`http://127.0.0.2:${gateway.port}/health`)).status).toBe(200);

    const ask = (headers: Record<string, string>, path = "/v1/responses") =>
      post(`${gateway.http}${path}`, headers);
    expect(await ask(alice)).toBe(400); // let in, and told that the input is missing
    expect(await ask(alice, "/tools/invoke")).toBe(403); // the owner's
    expect(await ask({ ...alice, "tailscale-user-login": "eve@example.com" })).toBe(401);
    expect(await ask({ ...alice, "x-forwarded-for": "100.64.0.10" })).toBe(401);

    expect((await gateway.stop()).status).toBe(0);
    expect(fake.state()["serve"]).toEqual({});
  }, 30_000);

  test("a failure is logged with its remedy and the gateway runs on", async () => {
    using fake = fakeTailscale({ fail: { serve: "Access denied: serve config denied" } });
    const home = newHome({ tailscale: { mode: "serve" } }, tools(fake));
    const gateway = await home.gateway();
    const line = await until(() => logged(home, "not published through Tailscale serve"));
    expect(JSON.stringify(line)).toContain("sudo tailscale set --operator=$USER");
    expect((await fetch(`${gateway.http}/health`)).status).toBe(200);
    expect((await gateway.stop()).status).toBe(0);
  }, 30_000);

  test("funnel without a secret does not start", async () => {
    using fake = fakeTailscale();
    const home = newHome({ auth: { mode: "off" }, tailscale: { mode: "funnel" } }, tools(fake));
    const ended = await home.cli(["gateway", "--port", String(await freePort())]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("refusing to publish the gateway through Tailscale funnel without auth");
    expect(fake.calls()).toEqual([]);
  }, 30_000);
});

const certificates = makeCertificates();

describe.skipIf(certificates === null)("TLS", () => {
  const { ca, server } = certificates ?? { ca: { cert: "" }, server: { cert: "", key: "" } };

  /** A gateway that speaks TLS, with its certificate in its state directory. */
  async function secured(tls: object = {}): Promise<{ home: E2eHome; gateway: Running; port: number }> {
    const home = newHome({ tls: { enabled: true, cert: "cert.pem", key: "key.pem", ...tls } });
    writeFileSync(join(home.stateDir, "cert.pem"), server.cert);
    writeFileSync(join(home.stateDir, "key.pem"), server.key);
    writeFileSync(join(home.stateDir, "ca.pem"), ca.cert);
    const port = await freePort();
    const gateway = home.spawn(["gateway", "--port", String(port)]);
    await until(() => logged(home, "Gateway started on wss://"), { or: gateway });
    return { home, gateway, port };
  }

  test.each([{}, { ca: "ca.pem" }])(
    "the CLI of the machine knows its own gateway (%j)",
    async (tls) => {
      const { home } = await secured(tls);
      const health = await home.cli(["health", "--json"]);
      expect(health.stderr).toBe("");
      expect(JSON.parse(health.stdout)).toMatchObject({ ok: true });
    },
    30_000,
  );

  test("the CLI of another machine knows it by the pinned fingerprint, and only by that", async () => {
    const { home: there, port } = await secured();
    const url = `wss://127.0.0.1:${port}`;
    const { fingerprint256: tlsFingerprint } = new X509Certificate(server.cert);
    const remote = (pin: object) => newHome({ mode: "remote", remote: { url, token: e2eToken, ...pin } });

    const pinned = await remote({ tlsFingerprint }).cli(["health", "--json"]);
    expect(pinned.stderr).toBe("");
    expect(JSON.parse(pinned.stdout)).toMatchObject({ ok: true });
    const other = await remote({ tlsFingerprint: "00".repeat(32) }).cli(["health"]);
    expect(other.status).toBe(1);
    expect(other.stdout + other.stderr).toContain("another fingerprint than the one pinned");
    const none = await remote({}).cli(["health"]);
    expect(none.status).toBe(1);
    expect(there.log().length).toBeGreaterThan(0);
  }, 30_000);

  test("a file that cannot be read is named by its key", async () => {
    const home = newHome({ tls: { enabled: true, cert: "cert.pem", key: "key.pem" } });
    const ended = await home.cli(["gateway", "--port", String(await freePort())]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("gateway.tls.cert (cert.pem) cannot be read");
  }, 30_000);
});
