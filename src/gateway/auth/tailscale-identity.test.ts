import { request as httpRequest } from "node:http";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import {
  cliConnect,
  openRaw,
  startTestServer,
  testDevice,
  testToken,
  type TestServer,
} from "../../../test/support/gateway-server.ts";
import { operator } from "../../../test/support/gateway-services.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { sendJson } from "../http/respond.ts";
import type { Route } from "../http/route.ts";
import { acceptsTailscale, createIdentityVerifier } from "./tailscale-identity.ts";

const name = "host.tail1234.ts.net";
/** What Tailscale Serve adds for alice's machine. */
const fromAlice = {
  host: name,
  "x-forwarded-for": "100.64.0.9",
  "x-forwarded-proto": "https",
  "x-forwarded-host": name,
  "tailscale-user-login": "alice@example.com",
};
const people: Record<string, string> = {
  "100.64.0.9": "Alice@Example.com",
  "100.64.0.10": "bob@example.com",
};
const auth = { mode: "token" as const, token: new Secret(testToken), password: null };

const whoAmI: Route = {
  methods: ["GET", "POST"],
  path: "/v1/me",
  auth: "bearer",
  authority: "read",
  maxBodyBytes: 10,
  handle: ({ principal }, response) =>
    sendJson(response, 200, {
      id: principal?.id,
      owner: principal?.owner,
      scopes: [...(principal?.scopes ?? [])],
    }),
};

/** An address of this machine that is not loopback. */
function ownAddress(): string | null {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((entry) => entry?.family === "IPv4" && !entry.internal)?.address ?? null;
}

/** A server behind Tailscale Serve; `asked` holds every address that whois was asked about. */
async function serving(settings: Parameters<typeof startTestServer>[0] & object = {}) {
  const asked: string[] = [];
  const test = await startTestServer({
    whois: (ip) => {
      asked.push(ip);
      return Promise.resolve(people[ip] ?? null);
    },
    parts: () => ({ routes: [whoAmI] }),
    ...settings,
    settings: { tailscaleMode: "serve", ...settings.settings },
  });
  return Object.assign(test, { asked });
}

async function connect(
  test: TestServer,
  headers: Record<string, string>,
  options: Parameters<typeof cliConnect>[1] = {},
) {
  const client = await openRaw(test.url, { headers });
  const answer = await client.request("connect", await cliConnect(client, options), "c");
  return { client, answer, error: answer.error };
}

function approvePending(test: TestServer): void {
  for (const { requestId } of test.server.devices.pending()) {
    test.server.devices.approve(requestId, operator("o", ["operator.admin"]));
  }
}

function get(
  test: TestServer,
  headers: Record<string, string>,
  method = "GET",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${test.http}/v1/me`, { headers, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject).end();
  });
}

describe("a person Tailscale confirmed", () => {
  it("needs no secret but a paired device, like everybody from elsewhere", async () => {
    await using test = await serving();
    const device = testDevice();
    const first = await connect(test, fromAlice, { device });
    expect(first.error).toMatchObject({ code: "NOT_PAIRED" });
    expect(test.server.devices.pending()).toMatchObject([{ deviceId: device.id, remoteIp: "100.64.0.9" }]);
    approvePending(test);
    const second = await connect(test, fromAlice, { device });
    expect(second.answer).toMatchObject({ ok: true, payload: { type: "hello-ok" } });
    expect((await connect(test, fromAlice, {})).error).toMatchObject({ code: "NOT_PAIRED" });
  });

  it("loses the connection when the operator takes the permission back", async () => {
    await using test = await serving();
    const device = testDevice();
    await connect(test, fromAlice, { device });
    approvePending(test);
    const { client } = await connect(test, fromAlice, { device });
    expect(test.server.recheckCredentials()).toBe(0);
    test.settings.auth.allowTailscale = false;
    expect(test.server.recheckCredentials()).toBe(1);
    expect((await client.closed).code).toBe(1008);
  });

  it("is answered in order when requests follow the connect at once", async () => {
    await using test = await serving();
    const device = testDevice();
    await connect(test, fromAlice, { device });
    approvePending(test);
    const client = await openRaw(test.url, { headers: fromAlice });
    const params = await cliConnect(client, { device });
    client.send({ type: "req", id: "c", method: "connect", params });
    const answer = await client.request("device.pair.list", {}, "next");
    expect(answer).toMatchObject({ ok: true });
    expect(client.frames.findIndex((frame) => frame["id"] === "c")).toBeLessThan(
      client.frames.findIndex((frame) => frame["id"] === "next"),
    );
  });

  it("may skip neither device nor pairing in the Control UI, whatever is allowed with the secret", async () => {
    const controlUi = {
      enabled: true,
      basePath: "",
      allowInsecureAuth: true,
      dangerouslyDisableDeviceAuth: true,
    };
    await using test = await serving({ settings: { controlUi } });
    const ui = { client: { id: "openclaw-control-ui", mode: "ui" } };
    expect((await connect(test, fromAlice, ui)).error).toMatchObject({ code: "NOT_PAIRED" });
    test.settings.controlUi.dangerouslyDisableDeviceAuth = false;
    expect((await connect(test, fromAlice, { ...ui, device: testDevice() })).error).toMatchObject({
      code: "NOT_PAIRED",
      message: "pairing required",
    });
  });
});

describe("headers that prove nothing", () => {
  const without = (header: keyof typeof fromAlice) =>
    Object.fromEntries(Object.entries(fromAlice).filter(([key]) => key !== header));

  it.each([
    ["another login", { ...fromAlice, "tailscale-user-login": "root@example.com" }],
    ["an unknown address", { ...fromAlice, "x-forwarded-for": "100.64.0.77" }],
    ["the login of one and the address of another", { ...fromAlice, "x-forwarded-for": "100.64.0.10" }],
    ["two logins", { ...fromAlice, "tailscale-user": "bob@example.com" }],
    ["a list of addresses", { ...fromAlice, "x-forwarded-for": "100.64.0.9, 100.64.0.9" }],
    ["a loopback address", { ...fromAlice, "x-forwarded-for": "127.0.0.1" }],
    ["something that is no address", { ...fromAlice, "x-forwarded-for": "--json" }],
    ["plain http", { ...fromAlice, "x-forwarded-proto": "http" }],
    ["another proxy before it", { ...fromAlice, via: "1.1 proxy" }],
    ["no forwarded address", without("x-forwarded-for")],
    ["no forwarded protocol", without("x-forwarded-proto")],
    ["no forwarded host", without("x-forwarded-host")],
    ["another Host than the forwarded one", { ...fromAlice, host: "127.0.0.1" }],
    ["no login", without("tailscale-user-login")],
  ])("%s", async (_name, headers) => {
    await using test = await serving();
    expect((await connect(test, headers, { device: testDevice() })).error).toMatchObject({
      code: "AUTH_FAILED",
      details: { reason: "auth required" },
    });
    expect((await get(test, headers)).status).toBe(401);
    expect(test.server.devices.pending()).toEqual([]);
  });

  it("are not looked at when a secret was given: a wrong one stays wrong", async () => {
    await using test = await serving();
    const { error } = await connect(test, fromAlice, { device: testDevice(), token: "wrong" });
    expect(error).toMatchObject({ code: "AUTH_FAILED", details: { reason: "invalid token" } });
    expect((await get(test, { ...fromAlice, authorization: "Bearer wrong" })).status).toBe(401);
    expect(test.asked).toEqual([]);
  });

  it("are not looked at unless Serve is on and its identities are wanted", async () => {
    for (const settings of [
      { tailscaleMode: "off" as const, auth: { ...auth, allowTailscale: true } },
      { tailscaleMode: "funnel" as const },
      { auth: { ...auth, allowTailscale: false } },
    ]) {
      await using test = await serving({ settings: { allowedHosts: [name], ...settings } });
      expect((await connect(test, fromAlice, { device: testDevice() })).error?.["code"]).toBe("AUTH_FAILED");
      expect((await get(test, fromAlice)).status).toBe(401);
      expect(test.asked).toEqual([]);
    }
  });

  it("are not looked at when the peer is another machine", async () => {
    const other = ownAddress();
    if (other === null) return;
    await using test = await serving({ settings: { bind: "custom", customBindHost: other } });
    const url = test.url.replace("127.0.0.1", other);
    expect((await connect({ ...test, url }, fromAlice, { device: testDevice() })).error?.["code"]).toBe(
      "AUTH_FAILED",
    );
    expect(test.asked).toEqual([]);
  });

  it("count for nobody when whois fails", async () => {
    await using test = await serving({ whois: () => Promise.reject(new Error("no daemon")) });
    expect((await connect(test, fromAlice, { device: testDevice() })).error?.["code"]).toBe("AUTH_FAILED");
    expect((await get(test, fromAlice)).status).toBe(401);
  });
});

describe("over HTTP", () => {
  it("a confirmed person may read and write, and is not the owner", async () => {
    await using test = await serving();
    const { status, body } = await get(test, fromAlice);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      id: "http:tailscale:alice@example.com",
      owner: false,
      scopes: ["operator.read", "operator.write"],
    });
    const old = {
      ...fromAlice,
      "tailscale-user": "alice@example.com",
      "tailscale-user-login": "alice@example.com",
    };
    expect((await get(test, old)).status).toBe(200);
  });

  it("a page of another site cannot use the identity of its visitor", async () => {
    await using test = await serving();
    const evil = { ...fromAlice, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await get(test, evil, "POST")).status).toBe(403);
    expect((await get(test, evil)).status).toBe(401);
    expect((await get(test, { ...fromAlice, "sec-fetch-site": "cross-site" })).status).toBe(401);
    expect(test.asked).toEqual([]);
  });
});

describe("acceptsTailscale", () => {
  it.each([
    ["serve", "token", undefined, true],
    ["serve", "password", undefined, false],
    ["serve", "password", true, true],
    ["serve", "off", true, false],
    ["serve", "token", false, false],
    ["funnel", "token", undefined, false],
    ["funnel", "token", true, true],
    ["off", "token", true, false],
  ] as const)("mode %s, auth %s, allowTailscale %s: %s", (tailscaleMode, mode, allowTailscale, accepted) => {
    expect(acceptsTailscale({ tailscaleMode, auth: { ...auth, mode, allowTailscale } })).toBe(accepted);
  });
});

describe("the verifier", () => {
  const claim = { login: "ALICE@example.com", ip: "100.64.0.9" };

  it("keeps an answer for a minute, a failure for five seconds, and asks once at a time", async () => {
    const clock = manualClock();
    const asked: string[] = [];
    let login: string | null = null;
    const verify = createIdentityVerifier({
      clock,
      whois: (ip) => (asked.push(ip), Promise.resolve(login)),
    });
    expect(await Promise.all([verify(claim), verify(claim)])).toEqual([null, null]);
    login = "alice@example.com";
    expect(await verify(claim)).toBeNull();
    expect(asked).toHaveLength(1);
    clock.advance(5001);
    expect(await verify(claim)).toMatchObject({ login: "alice@example.com" });
    clock.advance(59_000);
    login = null;
    expect(await verify(claim)).not.toBeNull();
    expect(asked).toHaveLength(2);
    clock.advance(1001);
    expect(await verify(claim)).toBeNull();
  });

  it("runs few look-ups at a time and confirms nobody beyond them", async () => {
    const waiting: Array<(login: string) => void> = [];
    const whois = () => new Promise<string>((resolve) => waiting.push(resolve));
    const verify = createIdentityVerifier({ clock: systemClock, whois });
    const all = Array.from({ length: 6 }, (_, n) => verify({ login: "a@b", ip: `100.64.1.${n}` }));
    await expect.poll(() => waiting.length).toBe(4);
    for (const answer of waiting) answer("a@b");
    expect((await Promise.all(all)).filter((identity) => identity !== null)).toHaveLength(4);
  });
});
