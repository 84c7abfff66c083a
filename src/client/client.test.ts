import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, testToken, type TestServer } from "../../test/support/gateway-server.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { Secret } from "../core/secret.ts";
import { FailedResult, method } from "../gateway/index.ts";
import { openDeviceIdentity, openDeviceTokens } from "./identity/index.ts";
import { connectGateway, type ConnectOptions } from "./index.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function identity() {
  const identityDir = mkdtempSync(join(tmpdir(), "openclaw-identity-"));
  folders.push(identityDir);
  const device = openDeviceIdentity({ identityDir, now: Date.now() });
  const deviceTokens = openDeviceTokens({ identityDir, deviceId: device.id, now: () => Date.now() });
  return { identityDir, device, deviceTokens };
}

const about = { id: "cli", mode: "cli", version: "1", platform: "linux" };
const secret = { token: new Secret(testToken) };
const connect = (test: TestServer, options: Partial<ConnectOptions> = {}) =>
  connectGateway({ url: test.url, auth: secret, client: about, ...options });

const start = () =>
  startTestServer({
    parts: () => ({
      methods: [
        method({
          name: "echo",
          authority: "read",
          params: z.object({ n: z.number() }),
          handler: (params) => params,
        }),
        method({
          name: "never",
          authority: "read",
          params: z.object({}),
          handler: () => new Promise(() => {}),
        }),
        method({
          name: "agent",
          authority: "write",
          params: z.object({ fail: z.boolean().optional() }),
          async handler({ fail }, context) {
            context.respondEarly({ runId: "r", status: "accepted" });
            await Promise.resolve();
            return fail
              ? new FailedResult(
                  { runId: "r", status: "error" },
                  { code: "UNAVAILABLE", message: "no model" },
                )
              : { runId: "r", status: "ok" };
          },
        }),
      ],
    }),
  });

describe("connectGateway", () => {
  it.each([
    ["ws", undefined],
    ["the global WebSocket", (url: string) => new WebSocket(url)],
  ])("connects, calls, hears events and closes over %s", async (_name, openSocket) => {
    await using test = await start();
    const client = await connect(test, openSocket ? { openSocket } : {});
    expect(client.hello).toMatchObject({ type: "hello-ok", protocol: 4 });
    expect(await client.call("echo", { n: 1 })).toEqual({ n: 1 });
    const heard = new Promise((resolve) => client.onEvent(resolve));
    test.server.broadcaster.broadcast("cron", { n: 2 }, { droppable: true });
    expect(await heard).toMatchObject({ event: "cron", payload: { n: 2 }, seq: expect.any(Number) });
    const closed = new Promise((resolve) => client.onClose((code) => resolve(code)));
    client.close();
    expect(await closed).toBe(1000);
    await expect(client.call("echo", { n: 1 })).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("waits for the second answer where there are two", async () => {
    await using test = await start();
    const client = await connect(test);
    const accepted: unknown[] = [];
    const call = (fail: boolean) =>
      client.callTwice(
        "agent",
        { fail },
        { timeoutMs: 5000, onAccepted: (payload) => accepted.push(payload) },
      );
    expect(await call(false)).toEqual({ runId: "r", status: "ok" });
    expect(accepted).toEqual([{ runId: "r", status: "accepted" }]);
    await expect(call(true)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "no model",
      details: { payload: { status: "error" } },
    });
    client.close();
  });

  it("gives up on answers that do not come, on abort and on a restart of the gateway", async () => {
    const test = await start();
    const client = await connect(test);
    await expect(client.call("never", {}, { timeoutMs: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const abort = new AbortController();
    const aborted = client.call("never", {}, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const cut = client.call("never", {});
    await Promise.all([
      expect(cut).rejects.toMatchObject({
        code: "CONNECTION_CLOSED",
        message: expect.stringContaining("restarting"),
      }),
      test.server.close({ reason: "gateway restarting", restartExpectedMs: 1500 }),
    ]);
    await test[Symbol.asyncDispose]();
  });

  it("closes by itself when ticks stop", async () => {
    await using test = await start();
    const clock = manualClock();
    const client = await connect(test, { clock, watchTicks: true });
    const closed = new Promise((resolve) => client.onClose((code) => resolve(code)));
    clock.advance(60_000);
    expect(await closed).toBe(4000);
  });

  it.each<[string, Partial<ConnectOptions>, string, RegExp]>([
    ["a wrong token", { auth: { token: new Secret("x") } }, "AUTH_FAILED", /unauthorized/],
    [
      "nothing listening",
      { url: "ws://127.0.0.1:1" },
      "GATEWAY_UNREACHABLE",
      /cannot reach the gateway at ws:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
    ],
    ["no URL", { url: "gateway" }, "URL_INVALID", /is not a URL/],
    ["another scheme", { url: "ftp://x" }, "URL_INVALID", /ws:\/\//],
    ["a password in the URL", { url: "ws://a:b@x" }, "URL_INVALID", /user name/],
  ])("says what is wrong and what to do: %s", async (_name, options, code, message) => {
    await using test = await start();
    const failure = connect(test, options);
    await expect(failure).rejects.toMatchObject({ code, hint: expect.stringMatching(/./) });
    await expect(failure).rejects.toThrow(message);
  });

  it("never shows a token of the address", async () => {
    const failure = connectGateway({ url: "ws://127.0.0.1:1/?token=hush", client: about });
    await expect(failure).rejects.toThrow(/^(?!.*hush)/);
  });
});

describe("the device identity", () => {
  it("is made once, private, and signs in", async () => {
    await using test = await start();
    const { identityDir, device, deviceTokens } = identity();
    expect(statSync(join(identityDir, "device.json")).mode & 0o777).toBe(0o600);
    expect(openDeviceIdentity({ identityDir, now: 0 }).id).toBe(device.id);
    const first = await connect(test, { device, deviceTokens });
    first.close();
    expect(deviceTokens.load({ role: "operator", url: test.url })).toMatch(/^[0-9a-f]{32}$/);
    const second = await connect(test, { device, deviceTokens, auth: {} });
    second.close();
    expect(second.hello).toMatchObject({ auth: { role: "operator" } });
  });

  it("prefers the stored token, erases a refused one and signs in with the secret", async () => {
    await using test = await start();
    const { device, deviceTokens } = identity();
    (await connect(test, { device, deviceTokens })).close();
    const old = deviceTokens.load({ role: "operator", url: test.url });
    const admin = await connect(test);
    await admin.call("device.token.revoke", { deviceId: device.id, role: "operator" });
    admin.close();
    (await connect(test, { device, deviceTokens })).close();
    const fresh = deviceTokens.load({ role: "operator", url: test.url });
    expect(fresh).not.toBe(old);
    test.server.devices.revoke(
      { deviceId: device.id, role: "operator" },
      { kind: "operator", id: "x", role: "operator", scopes: new Set(["operator.admin"]), owner: true },
    );
    await expect(connect(test, { device, deviceTokens, auth: {} })).rejects.toMatchObject({
      code: "AUTH_FAILED",
    });
    expect(deviceTokens.load({ role: "operator", url: test.url })).toBeNull();
  });

  it("offers a token only to the gateway that gave it", () => {
    const { deviceTokens } = identity();
    deviceTokens.save({ role: "operator", token: "t", scopes: [], url: "ws://10.0.0.1:1" });
    expect(deviceTokens.load({ role: "operator", url: "ws://10.0.0.2:1" })).toBeNull();
    expect(deviceTokens.load({ role: "node", url: "ws://10.0.0.1:1" })).toBeNull();
  });

  it("is never replaced when its file is broken", () => {
    const { identityDir } = identity();
    const path = join(identityDir, "device.json");
    for (const text of ["{", "{}", '{"privateKeyPem":"x"}']) {
      writeFileSync(path, text);
      expect(() => openDeviceIdentity({ identityDir, now: 0 })).toThrow(/device\.json/);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });
});
