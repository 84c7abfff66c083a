import { createServer, type AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { recorder } from "../../test/fakes/recorder.ts";
import { systemClock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { openBrowserDoor, type BrowserDoor } from "./browser-door.ts";
import type { BrowserRequest } from "./methods/browser.ts";
import type { ServerSettings } from "./settings.ts";

const token = "t".repeat(40);
const asked: BrowserRequest[] = [];
const lines: string[] = [];
let door: BrowserDoor | null = null;

async function open(changes: Partial<ServerSettings> = {}, port = 0) {
  asked.length = 0;
  lines.length = 0;
  const settings = {
    bind: "lan",
    port: 1,
    auth: { mode: "token", token: new Secret(token), password: null, allowTailscale: true },
    trustedProxies: ["0.0.0.0/0"],
    allowedOrigins: ["https://panel.example"],
    allowedHosts: ["gateway.example"],
    ...changes,
  } as unknown as ServerSettings;
  door = await openBrowserDoor({
    port,
    settings: () => settings,
    request(request) {
      asked.push(request);
      if (request.path === "/bad")
        return Promise.reject(new UserError("BROWSER_ROUTE", "there is no GET /bad"));
      return Promise.resolve({ fine: true });
    },
    clock: systemClock,
    logger: recorder(lines),
  });
  return door;
}
const ask = (path: string, init: RequestInit = {}, auth = `Bearer ${token}`) =>
  fetch(`http://127.0.0.1:${door?.port}${path}`, {
    ...init,
    headers: { authorization: auth, ...(init.headers as Record<string, string>) },
  });

afterEach(async () => {
  await door?.close();
  door = null;
});

it("answers the holder of the gateway's secret on loopback, with query and body passed on", async () => {
  await open();
  const answer = await ask("/snapshot?tab=t1&timeoutMs=5000");
  expect(await answer.json()).toEqual({ fine: true });
  await ask("/act", {
    method: "POST",
    body: '{"kind":"press"}',
    headers: { "content-type": "application/json" },
  });
  await ask("/tabs/t1", { method: "DELETE" });
  await ask("/");
  expect(
    asked.map(({ method, path, query, body, timeoutMs }) => ({ method, path, query, body, timeoutMs })),
  ).toEqual([
    { method: "GET", path: "/snapshot", query: { tab: "t1" }, body: undefined, timeoutMs: 5000 },
    { method: "POST", path: "/act", query: {}, body: { kind: "press" }, timeoutMs: undefined },
    { method: "DELETE", path: "/tabs/t1", query: {}, body: undefined, timeoutMs: undefined },
    { method: "GET", path: "/", query: {}, body: undefined, timeoutMs: undefined },
  ]);
});

it("refuses everybody else before anything is done", async () => {
  await open();
  const json = { "content-type": "application/json" };
  expect((await ask("/", {}, "")).status).toBe(401);
  expect((await ask("/", {}, "Bearer wrong")).status).toBe(401);
  expect((await ask(`/?token=${token}`, {}, "")).status).toBe(401);
  expect(
    (await ask("/act", { method: "POST", body: "{}", headers: { ...json, origin: "https://evil.example" } }))
      .status,
  ).toBe(403);
  expect(
    (await ask("/act", { method: "POST", body: "{}", headers: { ...json, origin: "https://panel.example" } }))
      .status,
  ).toBe(403);
  expect(
    (await ask("/act", { method: "POST", body: "x=1", headers: { "content-type": "text/plain" } })).status,
  ).toBe(415);
  expect((await ask("/act", { method: "POST", body: "{", headers: json })).status).toBe(400);
  expect((await ask("/%252e/act")).status).toBe(400);
  expect(asked).toEqual([]);
  const bad = await ask("/bad");
  expect(bad.status).toBe(400);
  expect(await bad.text()).toContain("there is no GET /bad");
});

it("refuses other names, also those the gateway itself goes by", async () => {
  await open();
  const { request } = await import("node:http");
  for (const host of ["gateway.example", "rebound.example", "127.0.0.1.rebound.example"]) {
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(
        {
          port: door?.port,
          host: "127.0.0.1",
          path: "/",
          headers: { host, authorization: `Bearer ${token}` },
        },
        (response) => resolve(response.resume().statusCode),
      );
      outgoing.on("error", reject).end();
    });
    expect(status, host).toBe(403);
  }
  expect(asked).toEqual([]);
});

it("is not there without a secret, nor where the port is taken, and says so", async () => {
  expect(
    await open({
      auth: { mode: "off", token: null, password: null, allowTailscale: false },
    }),
  ).toBeNull();
  expect(lines.join()).toContain("never open to everybody");
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  expect(await open({}, (other.address() as AddressInfo).port)).toBeNull();
  expect(lines.join()).toContain("browser.controlPort");
  await new Promise((resolve) => other.close(resolve));
});
