import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import {
  cliConnect,
  connectRaw,
  openRaw,
  startTestServer,
  testDevice,
  testToken,
} from "../../../test/support/gateway-server.ts";
import { Secret } from "../../core/secret.ts";
import { defaultLimits } from "../settings.ts";

const remote = { "x-forwarded-for": "203.0.113.9" };

describe("connect", () => {
  it("sends the challenge first and answers the real CLI's connect with a full hello-ok", async () => {
    await using test = await startTestServer();
    const device = testDevice();
    const client = await openRaw(test.url);
    const answer = await client.request(
      "connect",
      await cliConnect(client, { device, token: testToken }),
      "c1",
    );
    expect(client.frames[0]).toMatchObject({ type: "event", event: "connect.challenge" });
    expect(Object.keys(client.frames[0] ?? {}).sort()).toEqual(["event", "payload", "type"]);
    expect(Object.keys(answer).sort()).toEqual(["id", "ok", "payload", "type"]);
    expect(answer.payload).toMatchObject({
      type: "hello-ok",
      protocol: 3,
      server: { version: "2026.11.21-test" },
      snapshot: {
        stateVersion: { presence: 1, health: 1 },
        configPath: expect.stringContaining("openclaw.json"),
      },
      auth: {
        role: "operator",
        scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
        deviceToken: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      policy: { maxPayload: 524288, maxBufferedBytes: 1572864, tickIntervalMs: 30000 },
    });
  });

  it("takes the documents' form with a number as id, without a device, on loopback", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    client.send({
      type: "req",
      id: 1,
      method: "connect",
      params: { auth: { token: testToken }, clientName: "cli", clientVersion: "2026.1.29" },
    });
    const answer = await client.next((frame) => frame["id"] === 1);
    expect(answer).toMatchObject({ ok: true, payload: { type: "hello-ok", protocol: 3 } });
    expect(answer.payload).not.toHaveProperty("auth");
  });

  it("answers protocol 4 clients with 4 and always with role and scopes", async () => {
    await using test = await startTestServer();
    const client = await connectRaw(test, {
      protocol: [4, 4],
      scopes: ["operator.read"],
      client: { id: "brand-new-client" },
    });
    expect(client.hello).toMatchObject({
      protocol: 4,
      auth: { role: "operator", scopes: ["operator.read"] },
    });
  });

  it("takes the token from the query as an equivalent", async () => {
    await using test = await startTestServer();
    const client = await openRaw(`${test.url}/?token=${testToken}`);
    const answer = await client.request("connect", { clientName: "cli" });
    expect(answer).toMatchObject({ ok: true });
  });

  it.each([
    ["a wrong token", { token: "nope" }, "invalid token", /mismatch/],
    ["no token", {}, "auth required", /missing/],
  ])("refuses %s with AUTH_FAILED and closes", async (_name, auth, reason, text) => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    const answer = await client.request("connect", { clientName: "cli", auth });
    expect(answer).toMatchObject({ ok: false, error: { code: "AUTH_FAILED", details: { reason } } });
    expect(answer.error?.["message"]).toMatch(/^Invalid authentication token: unauthorized/);
    expect(answer.error?.["message"]).toMatch(text);
    const closed = await client.closed;
    expect(closed.code).toBe(1008);
    expect(closed.reason).toContain("unauthorized");
  });

  it("says the same for a wrong secret with and without a device", async () => {
    await using test = await startTestServer();
    const messages = [];
    for (const device of [undefined, testDevice()]) {
      const client = await openRaw(test.url);
      const params = await cliConnect(client, { token: "wrong", ...(device ? { device } : {}) });
      messages.push((await client.request("connect", params)).error);
    }
    expect(messages[0]).toEqual(messages[1]);
  });

  it("in password mode counts the password only", async () => {
    await using test = await startTestServer({
      settings: { auth: { mode: "password", token: null, password: new Secret("open sesame") } },
    });
    const wrong = await openRaw(test.url);
    expect(await wrong.request("connect", { auth: { token: "open sesame" } })).toMatchObject({
      error: {
        code: "AUTH_FAILED",
        message: expect.stringContaining("Invalid authentication password: unauthorized"),
      },
    });
    const right = await openRaw(test.url);
    expect(await right.request("connect", { auth: { password: "open sesame" } })).toMatchObject({ ok: true });
  });

  it("with auth off lets direct local clients in and nobody else", async () => {
    await using test = await startTestServer({
      settings: { auth: { mode: "off", token: null, password: null } },
    });
    const local = await openRaw(test.url);
    expect(await local.request("connect", {})).toMatchObject({ ok: true });
    const proxied = await openRaw(test.url, { headers: remote });
    expect(await proxied.request("connect", {})).toMatchObject({ error: { code: "AUTH_FAILED" } });
  });

  it("names the version it wants when the ranges do not meet", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    const answer = await client.request(
      "connect",
      await cliConnect(client, { protocol: [5, 6], token: testToken }),
    );
    expect(answer.error).toEqual({
      code: "INVALID_REQUEST",
      message: "protocol mismatch",
      details: { expectedProtocol: 3 },
    });
    expect(await client.closed).toEqual({ code: 1002, reason: "protocol mismatch" });
  });

  it("lists every problem of bad parameters", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    const answer = await client.request("connect", {
      minProtocol: 3,
      maxProtocol: 3,
      client: { id: "cli", mode: "operator", platform: "linux" },
      scopes: "all",
    });
    expect(answer.error?.["code"]).toBe("INVALID_REQUEST");
    const message = String(answer.error?.["message"]);
    expect(message).toMatch(/^invalid connect params: /);
    expect(message).toContain("at /client/mode:");
    expect(message).toContain("at /client: must have required property 'version'");
    expect(message).toContain("at /scopes:");
    expect((await client.closed).code).toBe(1008);
  });

  it("refuses roles it does not know", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    const params = await cliConnect(client, { role: "root", token: testToken });
    expect(await client.request("connect", params)).toMatchObject({ error: { message: "invalid role" } });
    expect(await client.closed).toEqual({ code: 1008, reason: "invalid role" });
  });

  it("answers a second connect with an error and stays open", async () => {
    await using test = await startTestServer();
    const client = await connectRaw(test);
    expect(await client.request("connect", {})).toMatchObject({
      ok: false,
      error: { code: "INVALID_REQUEST" },
    });
    expect(await client.request("system-presence")).toMatchObject({ ok: true });
  });
});

describe("the first frame", () => {
  it.each([
    ["not JSON", "{nope", 1000, ""],
    ["an array", "[1]", 1008, "invalid request frame"],
    ["a response", '{"type":"res","id":"1","ok":true}', 1008, "invalid request frame"],
    ["no id", '{"type":"req","method":"connect"}', 1008, "invalid request frame"],
    ["an empty id", '{"type":"req","id":"","method":"connect"}', 1008, "invalid request frame"],
    ["an id of true", '{"type":"req","id":true,"method":"connect"}', 1008, "invalid request frame"],
    ["a method that is a number", '{"type":"req","id":"1","method":7}', 1008, "invalid request frame"],
    ["a prototype key", '{"type":"req","id":"1","method":"connect","params":{"__proto__":{}}}', 1000, ""],
    [
      "nesting without end",
      `{"type":"req","id":"1","method":"connect","params":${"[".repeat(500)}${"]".repeat(500)}}`,
      1000,
      "",
    ],
    [
      "more than 64 KiB",
      `{"type":"req","id":"1","method":"connect","params":{"x":"${"y".repeat(70_000)}"}}`,
      1009,
      "",
    ],
  ])("that is %s closes the socket without an answer", async (_name, text, code, reason) => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    client.send(text);
    expect(await client.closed).toEqual({ code, reason });
    expect(client.frames.filter((frame) => frame["type"] === "res")).toEqual([]);
  });

  it("that is binary closes the socket", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    client.socket.send(Buffer.from('{"type":"req","id":"1","method":"connect"}'), { binary: true });
    expect((await client.closed).code).toBe(1008);
  });

  it("that is another method is answered and closes; no method runs before connect", async () => {
    const calls: string[] = [];
    const { method } = await import("../contract.ts");
    const { z } = await import("zod");
    await using test = await startTestServer({
      parts: () => ({
        methods: [
          method({
            name: "touch",
            authority: "public",
            params: z.object({}),
            handler: () => void calls.push("touch"),
          }),
        ],
      }),
    });
    const client = await openRaw(test.url);
    client.send({ type: "req", id: "a", method: "touch" });
    client.send({ type: "req", id: "b", method: "connect", params: { auth: { token: testToken } } });
    expect(await client.next((frame) => frame["id"] === "a")).toMatchObject({
      error: { code: "INVALID_REQUEST", message: "invalid handshake: first request must be connect" },
    });
    expect((await client.closed).code).toBe(1008);
    expect(client.frames.some((frame) => frame["id"] === "b")).toBe(false);
    expect(calls).toEqual([]);
  });

  it("has to come within ten seconds", async () => {
    const clock = manualClock();
    await using test = await startTestServer({ clock });
    const client = await openRaw(test.url);
    clock.advance(9999);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    clock.advance(1);
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });
});

describe("limits before sign-in", () => {
  it("locks an address out after repeated failures, also for the right token, and says for how long", async () => {
    const clock = manualClock();
    await using test = await startTestServer({ clock });
    const attempt = async (token: string) => {
      const client = await openRaw(test.url);
      return client.request("connect", { auth: { token } });
    };
    for (let i = 0; i < defaultLimits.authAttempts; i++) await attempt(`guess-${i}`);
    const locked = await attempt(testToken);
    expect(locked.error).toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringMatching(/^unauthorized: too many failed attempts/),
      retryable: true,
      retryAfterMs: 60_000,
    });
    clock.advance(60_001);
    expect(await attempt(testToken)).toMatchObject({ ok: true });
  });

  it("counts parallel guesses before it checks them", async () => {
    await using test = await startTestServer();
    const clients = await Promise.all(Array.from({ length: 25 }, () => openRaw(test.url)));
    const answers = await Promise.all(
      clients.map((client, i) => client.request("connect", { auth: { token: `g${i}` } })),
    );
    const reasons = answers.map((answer) => ((answer.error ?? {})["details"] as { reason: string }).reason);
    expect(reasons.filter((reason) => reason === "invalid token")).toHaveLength(10);
    expect(reasons.filter((reason) => reason === "rate limited")).toHaveLength(15);
  });

  it("does not lock out a paired device because of others' guesses", async () => {
    await using test = await startTestServer();
    const device = testDevice();
    await connectRaw(test, { device });
    for (let i = 0; i < 12; i++) {
      const client = await openRaw(test.url);
      await client.request("connect", { auth: { token: `guess-${i}` } });
    }
    await expect(connectRaw(test)).rejects.toThrow(/too many failed/);
    await expect(connectRaw(test, { device })).resolves.toBeDefined();
  });

  it("holds only so many sockets that have not signed in", async () => {
    await using test = await startTestServer({
      settings: { limits: { pendingSockets: 4, pendingSocketsPerAddress: 2 } },
    });
    const page = { origin: "https://evil.example" };
    const first = await openRaw(test.url, page);
    await openRaw(test.url, page);
    await expect(openRaw(test.url, page)).rejects.toThrow(/503/);
    await openRaw(test.url);
    await openRaw(test.url);
    await expect(openRaw(test.url)).rejects.toThrow(/503/);
    first.socket.close();
    await first.closed;
    await delay(20);
    await expect(openRaw(test.url)).resolves.toBeDefined();
  });
});

describe("Host and Origin", () => {
  it.each([
    ["evil.example", 403],
    ["localhost.evil.example:18789", 403],
    ["a b", 400],
  ])("refuses an upgrade addressed to %s", async (host, status) => {
    await using test = await startTestServer();
    await expect(openRaw(test.url, { headers: { host } })).rejects.toThrow(
      new RegExp(String(status === 400 ? "40" : status)),
    );
  });

  it("takes hosts from the allowlist, but not as local ones", async () => {
    await using test = await startTestServer({ settings: { allowedHosts: ["claw.example"] } });
    const client = await openRaw(test.url, { headers: { host: "claw.example" } });
    expect(await client.request("connect", { auth: { token: testToken } })).toMatchObject({
      error: { code: "NOT_PAIRED", message: "device identity required" },
    });
  });

  it.each([
    ["https://evil.example", false],
    ["null", false],
    ["file://", false],
    ["http://127.0.0.1:1", false],
    ["http://localhost.evil.example", false],
    ["https://panel.example", true],
    ["self", true],
    ["self-by-other-name", true],
  ])("from a page of origin %s: %s, although the secret is right", async (origin, allowed) => {
    await using test = await startTestServer({ settings: { allowedOrigins: ["https://panel.example"] } });
    const port = new URL(test.url).port;
    const names: Record<string, string> = {
      self: `http://127.0.0.1:${port}`,
      "self-by-other-name": `http://localhost:${port}`,
    };
    const client = await openRaw(test.url, { origin: names[origin] ?? origin });
    const answer = await client.request("connect", { auth: { token: testToken } });
    expect(answer["ok"]).toBe(allowed);
    if (!allowed)
      expect(answer.error).toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining("origin not allowed"),
      });
  });
});
