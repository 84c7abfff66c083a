// Eight ways of a browser to the gateway: each works or explains, as the table in docs/onboarding.md says.
import { readFileSync } from "node:fs";
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
import type { ServerSettings } from "../settings.ts";

interface Way {
  settings?: Partial<ServerSettings>;
  /** How the browser's requests look to the gateway. */
  headers: (port: number) => Record<string, string>;
  path?: string;
  /** Whether browsers make keys for this page: HTTPS, or the machine itself. */
  secure: boolean;
  /** From an address of this machine that is not loopback. */
  fromOutside?: true;
}

const proxied = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https" };
const tailnetName = "gateway.tail1234.ts.net";
const plain = {
  settings: { bind: "lan" as const },
  headers: (port: number) => ({ host: `192.0.2.7:${port}`, origin: `http://192.0.2.7:${port}` }),
  secure: false,
  fromOutside: true as const,
};
const controlUi = {
  enabled: true,
  basePath: "",
  allowInsecureAuth: false,
  dangerouslyDisableDeviceAuth: false,
};

const ways: Record<string, Way> = {
  "this machine": { headers: (port) => ({ origin: `http://127.0.0.1:${port}` }), secure: true },
  "SSH tunnel": {
    headers: () => ({ host: "localhost:8080", origin: "http://localhost:8080" }),
    secure: true,
  },
  "container with a published port": {
    settings: { bind: "lan" },
    headers: (port) => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` }),
    secure: true,
    fromOutside: true,
  },
  "HTTPS of the gateway, from another machine": {
    settings: { bind: "lan" },
    headers: (port) => ({ host: `192.0.2.7:${port}`, origin: `https://192.0.2.7:${port}` }),
    secure: true,
    fromOutside: true,
  },
  "nginx with HTTPS, under a sub-path": {
    settings: {
      trustedProxies: ["127.0.0.1"],
      allowedHosts: ["gateway.example"],
      controlUi: { ...controlUi, basePath: "/claw" },
    },
    headers: () => ({ ...proxied, host: "gateway.example", origin: "https://gateway.example" }),
    path: "/claw/",
    secure: true,
  },
  "Tailscale Serve": {
    settings: { tailscaleMode: "serve" },
    headers: () => ({
      ...proxied,
      "x-forwarded-host": tailnetName,
      host: tailnetName,
      origin: `https://${tailnetName}`,
    }),
    secure: true,
  },
  "plain HTTP from another machine": plain,
  "the same, with `allowInsecureAuth`": {
    ...plain,
    settings: { bind: "lan", controlUi: { ...controlUi, allowInsecureAuth: true } },
  },
};

const documented = Object.fromEntries(
  [
    ...readFileSync(new URL("../../../docs/onboarding.md", import.meta.url), "utf8").matchAll(
      /^\| (.+?) +\| (in|approve|explained) +\| (in|approve|explained) +\|$/gm,
    ),
  ].map(([, way = "", link, token]) => [way, { link, token }]),
);
const ui = { id: "openclaw-control-ui", mode: "webchat", version: "1", platform: "web" };
const scopes = ["operator.admin", "operator.approvals", "operator.pairing"];

describe("ways in", () => {
  it("are those of the documentation", () => {
    expect(Object.keys(documented)).toEqual(Object.keys(ways));
  });

  it.each(Object.entries(ways))("%s", async (name, way) => {
    await using test = await startTestServer(way.settings ? { settings: way.settings } : {});
    const { ticket, code } = await newLogin(test);
    expect(await outcome(test, way, testToken), "token").toBe(documented[name]?.token);
    expect(await outcome(test, way, code), "code").toBe(documented[name]?.link);
    // Where the code was explained away it is still good, so the link of the same login may have been used or not.
    const { ticket: fresh } = await newLogin(test);
    expect(await outcome(test, way, fresh), "link").toBe(documented[name]?.link);
    expect(ticket).not.toBe(fresh);
  });
});

async function newLogin(test: TestServer): Promise<{ ticket: string; code: string }> {
  const admin = await openRaw(test.url);
  await admin.request("connect", await cliConnect(admin, { token: testToken }), "c");
  return (await admin.request("login.code.create", {}, "m")).payload as { ticket: string; code: string };
}

async function outcome(test: TestServer, way: Way, token: string): Promise<string> {
  const port = Number(new URL(test.url).port);
  const outside = way.fromOutside ? ownAddress() : null;
  const url = outside === null ? test.url : `ws://${outside}:${port}`;
  // A machine without a network of its own: what a proxy adds ends "this machine" as well.
  const extra: Record<string, string> =
    way.fromOutside && outside === null ? { "x-forwarded-for": "203.0.113.9" } : {};
  const browser = await openRaw(`${url}${way.path ?? "/"}`, { headers: { ...way.headers(port), ...extra } });
  const device = way.secure ? { device: testDevice() } : {};
  const answer = await browser.request(
    "connect",
    await cliConnect(browser, { token, client: ui, scopes, ...device }),
    "c",
  );
  if (answer["ok"] === true) return "in";
  const { code, message, details } = answer.error as {
    code: string;
    message: string;
    details?: { requestId?: string; hint?: string };
  };
  if (code === "NOT_PAIRED" && details?.requestId) return "approve";
  return code === "NOT_PAIRED" && details?.hint?.includes("HTTPS") ? "explained" : `${code}: ${message}`;
}

function ownAddress(): string | null {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((entry) => entry?.family === "IPv4" && !entry.internal)?.address ?? null;
}
