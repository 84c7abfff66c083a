import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cliConnect,
  openRaw,
  startTestServer,
  testDevice,
  testToken,
  type TestServer,
} from "../../../test/support/gateway-server.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { createLoginCodes, loginCodeMs } from "./login-codes.ts";

describe("one-time logins", () => {
  const browser = { deviceId: "b1", role: "operator" } as const;
  const wrongOf = (code: string) => (code === "000000" ? "000001" : "000000");

  it("are good once, by link or by code, whichever comes first", () => {
    const codes = createLoginCodes(manualClock(0));
    const first = codes.create(["operator.read"]);
    expect(first.code).toMatch(/^\d{6}$/);
    expect(first.ticket.length).toBeGreaterThan(25);
    expect(codes.redeem(first.ticket, browser)).toEqual(["operator.read"]);
    expect(codes.redeem(first.ticket, browser)).toBeNull();
    expect(codes.redeem(first.code, browser)).toBeNull();
    const second = codes.create(["operator.admin"]);
    expect(codes.redeem(second.code, browser)).toEqual(["operator.admin"]);
    expect(codes.redeem(second.ticket, browser)).toBeNull();
  });

  it("end with their time, with their number, and six digits with wrong guesses", () => {
    const clock = manualClock(0);
    const codes = createLoginCodes(clock);
    const old = codes.create(["operator.admin"]);
    clock.advance(loginCodeMs);
    expect(codes.redeem(old.ticket, browser)).toBeNull();
    const first = codes.create(["operator.admin"]);
    for (let more = 0; more < 4; more++) codes.create(["operator.admin"]);
    expect(codes.redeem(first.ticket, browser)).toBeNull();
    const guessed = codes.create(["operator.admin"]);
    for (let guess = 0; guess < 5; guess++) codes.redeem(wrongOf(guessed.code), browser);
    expect(codes.redeem(guessed.code, browser)).toBeNull();
    expect(codes.redeem(guessed.ticket, browser)).toEqual(["operator.admin"]);
  });

  it("for a phone are good once as each role, for the device that came first", () => {
    const codes = createLoginCodes(manualClock(0));
    const { ticket, code } = codes.create(["operator.read"], ["node", "operator"]);
    expect(codes.redeem(ticket, { deviceId: "phone", role: "node" })).toEqual([]);
    expect(codes.redeem(ticket, { deviceId: "other", role: "operator" })).toBeNull();
    expect(codes.redeem(ticket, { deviceId: "phone", role: "node" })).toBeNull();
    expect(codes.redeem(code, { deviceId: "phone", role: "operator" })).toEqual(["operator.read"]);
    expect(codes.redeem(ticket, { deviceId: "phone", role: "operator" })).toBeNull();
    const page = codes.create(["operator.admin"]);
    expect(codes.redeem(page.ticket, { deviceId: "phone", role: "node" })).toBeNull();
  });
});

describe("a browser with a one-time login", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const elsewhere = { "x-forwarded-for": "203.0.113.9" };
  const ui = { id: "openclaw-control-ui", mode: "webchat", version: "1", platform: "web" };
  const scopes = ["operator.admin", "operator.approvals", "operator.pairing"];

  async function connect(
    options: Parameters<typeof cliConnect>[1],
    headers: Record<string, string> = elsewhere,
  ) {
    const client = await openRaw(server.url, { headers });
    const answer = await client.request("connect", await cliConnect(client, options), "c");
    return { client, answer };
  }
  async function newCode(): Promise<{ ticket: string; code: string }> {
    const { client } = await connect({ token: testToken, device: testDevice() }, {});
    const made = await client.request("login.code.create", {}, "m");
    return made.payload as { ticket: string; code: string };
  }

  it("is a paired device then, comes back with its own token, and the login is used up", async () => {
    const { ticket } = await newCode();
    const device = testDevice();
    const first = await connect({ token: ticket, device, client: ui, scopes });
    expect(first.answer).toMatchObject({ ok: true });
    const { deviceToken } = (first.answer.payload as { auth: { deviceToken: string } }).auth;
    const again = await connect({ token: deviceToken, device, client: ui, scopes });
    expect(again.answer).toMatchObject({ ok: true });
    const thief = await connect({ token: ticket, device: testDevice(), client: ui, scopes });
    expect(thief.answer).toMatchObject({ ok: false, error: { code: "AUTH_FAILED" } });
  });

  it("needs a device: a page without one is told so, and the login stays good", async () => {
    const { code } = await newCode();
    const plain = await connect({ token: code, client: ui, scopes });
    expect(plain.answer).toMatchObject({
      ok: false,
      error: { code: "NOT_PAIRED", message: expect.stringContaining("HTTPS or localhost") as string },
    });
    const device = testDevice();
    expect((await connect({ token: code, device, client: ui, scopes })).answer).toMatchObject({ ok: true });
  });

  it("gets in no more when rights were taken away meanwhile", async () => {
    const { ticket } = await newCode();
    server.server.recheckCredentials();
    const late = await connect({ token: ticket, device: testDevice(), client: ui, scopes });
    expect(late.answer).toMatchObject({ ok: false, error: { code: "AUTH_FAILED" } });
  });

  it("lets in a device that waits for approval; nodes never; guesses are locked out", async () => {
    const device = testDevice();
    const waiting = await connect({ token: testToken, device, client: ui, scopes });
    expect(waiting.answer).toMatchObject({ error: { message: "pairing required" } });
    const { ticket } = await newCode();
    const node = await connect({ token: ticket, device: testDevice(), role: "node", scopes: [] });
    expect(node.answer).toMatchObject({ ok: false });
    expect((await connect({ token: ticket, device, client: ui, scopes })).answer).toMatchObject({ ok: true });
    let last: unknown;
    for (let guess = 0; guess < 12; guess++)
      last = (
        await connect({ token: String(guess).padStart(6, "0"), device: testDevice(), client: ui, scopes })
      ).answer;
    expect(last).toMatchObject({ ok: false, error: { details: { reason: "rate limited" } } });
  });
});
