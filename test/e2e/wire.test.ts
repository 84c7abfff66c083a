// Bad frames against a gateway process (SAFE-002, protocol.md 1 and 2): each gets its documented end, nothing else suffers.
import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseConfig, createHome, e2eToken, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn, type SignedIn } from "../support/e2e-socket.ts";
import { cliConnect, openRaw, testDevice } from "../support/gateway-server.ts";

let home: E2eHome;
let gateway: Gateway;
let witness: SignedIn;
beforeAll(async () => {
  home = createHome({ config: baseConfig });
  gateway = await home.gateway();
  witness = await signIn(gateway);
});
afterAll(async () => {
  // Whatever was thrown at the gateway, a client beside it noticed nothing and the process is the same.
  expect(await witness.ask("health")).toMatchObject({ ok: true });
  witness.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

const opened = () => openRaw(gateway.url);

test("malformed JSON before connect: closed with 1000 and no answer", async () => {
  const client = await opened();
  client.send('{"type":"req",');
  expect(await client.closed).toEqual({ code: 1000, reason: "" });
  expect(client.frames.map((frame) => frame["event"])).toEqual(["connect.challenge"]);
});

test("malformed JSON after connect is ignored and the socket goes on", async () => {
  const client = await signIn(gateway);
  client.send("not json");
  client.socket.send(Buffer.from([0xff, 0xfe]));
  expect(await client.ask("health")).toMatchObject({ ok: true });
  client.socket.terminate();
});

test.each([
  [
    "a method other than connect",
    { type: "req", id: "1", method: "health" },
    /first request must be connect/,
  ],
  [
    "connect with wrong types",
    { type: "req", id: "1", method: "connect", params: { minProtocol: "3", client: [] } },
    /minProtocol.*client/s,
  ],
])("first frame: %s is refused with its reason and 1008", async (_name, frame, message) => {
  const client = await opened();
  client.send(frame);
  const answer = await client.next((each) => each["type"] === "res");
  expect(answer).toMatchObject({ id: "1", ok: false, error: { code: "INVALID_REQUEST" } });
  expect(answer.error?.["message"]).toMatch(message);
  expect((await client.closed).code).toBe(1008);
});

test.each([
  ["an event", { type: "event", event: "x" }],
  ["an object as id", { type: "req", id: {}, method: "connect", params: {} }],
  ["a list", []],
])("first frame: %s is no request frame", async (_name, frame) => {
  const client = await opened();
  client.send(frame);
  expect(await client.closed).toEqual({ code: 1008, reason: "invalid request frame" });
  expect(client.frames).toHaveLength(1);
});

test("a version range without ours is told which one is spoken", async () => {
  const client = await opened();
  const answer = await client.request(
    "connect",
    await cliConnect(client, { token: e2eToken, protocol: [1, 2] }),
  );
  expect(answer.error).toMatchObject({ message: "protocol mismatch", details: { expectedProtocol: 3 } });
  expect((await client.closed).code).toBe(1002);
});

test("oversized frames close with 1009: 64 KiB before connect, 512 KiB after", async () => {
  const early = await opened();
  early.send({ type: "req", id: "1", method: "connect", params: { pad: "x".repeat(80_000) } });
  expect((await early.closed).code).toBe(1009);

  const late = await signIn(gateway);
  late.send({ type: "req", id: "big", method: "health", params: { pad: "x".repeat(600_000) } });
  expect((await late.closed).code).toBe(1009);
  expect(late.frames.some((frame) => frame["id"] === "big")).toBe(false);
});

test("bytes that are no WebSocket frame end that socket only", async () => {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
  );
  await once(socket, "data");
  socket.write(Buffer.alloc(64, 0xff));
  await once(socket, "close");

  const garbage = connect(gateway.port, "127.0.0.1");
  garbage.end("\u0016\u0003\u0001 this is not HTTP\r\n\r\n");
  const [answer] = (await once(garbage, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
});

test("wrong types, unknown members and unknown methods say what is wrong", async () => {
  const client = await signIn(gateway);
  expect(await client.refusal("no.such.method")).toEqual(
    expect.objectContaining({ code: "INVALID_REQUEST", message: "unknown method: no.such.method" }),
  );
  const types = await client.refusal("chat.send", {
    sessionKey: 5,
    message: "x",
    idempotencyKey: "k",
    extra: 1,
  });
  expect(types.code).toBe("INVALID_REQUEST");
  expect(types.message).toMatch(/^invalid chat\.send params: /);
  expect(types.message).toMatch(/at \/sessionKey/);
  expect(types.message).toMatch(/unexpected property 'extra'/);
  expect((await client.refusal("logs.tail", { limit: -1 })).message).toMatch(/at \/limit/);
  client.send({ type: "req", id: "frame", method: 7 });
  expect((await client.next((frame) => frame["id"] === "frame")).error?.["message"]).toMatch(
    /^invalid request frame/,
  );
  client.send({ type: "nonsense" });
  expect(await client.next((frame) => frame["id"] === "invalid")).toMatchObject({ ok: false });
  expect((await client.request("connect", {}, "again"))["ok"]).toBe(false);
  expect(await client.ask("health")).toMatchObject({ ok: true });
  client.socket.terminate();
});

test("names of JavaScript's own members are ordinary bad input", async () => {
  const client = await signIn(gateway);
  for (const method of ["__proto__", "constructor", "toString"])
    expect((await client.refusal(method)).message).toBe(`unknown method: ${method}`);
  client.send('{"type":"req","id":"p","method":"health","params":{"__proto__":{"polluted":1}}}');
  expect(await client.ask("health")).toMatchObject({ ok: true });
  expect(client.frames.some((frame) => frame["id"] === "p")).toBe(false);
  for (const key of ["__proto__", "constructor"])
    expect(await client.ask("chat.history", { sessionKey: key })).toMatchObject({ messages: [] });
  client.socket.terminate();
});

test("a replayed nonce, a wrong clock and a changed signature are told apart", async () => {
  const device = testDevice();
  const minute = 60_000;
  const cases: Array<[object, string]> = [
    [{ signedAt: Date.now() - 11 * minute }, "device signature expired"],
    [{ signedAt: Date.now() + 11 * minute }, "device signature expired"],
    [
      {
        tamper: (claim: Record<string, unknown>) => (claim["nonce"] = "00000000-0000-4000-8000-000000000000"),
      },
      "device nonce mismatch",
    ],
    [
      { tamper: (claim: Record<string, unknown>) => (claim["signature"] = device.sign("else")) },
      "device signature invalid",
    ],
    [
      { tamper: (claim: Record<string, unknown>) => (claim["id"] = "0".repeat(64)) },
      "device identity mismatch",
    ],
  ];
  for (const [options, message] of cases) {
    const client = await opened();
    const answer = await client.request(
      "connect",
      await cliConnect(client, { token: e2eToken, device, ...options }),
    );
    expect(answer.error, message).toMatchObject({ code: "INVALID_REQUEST", message });
    expect(await client.closed).toEqual({ code: 1008, reason: message });
  }
  // Nine minutes off is still within what clocks do.
  const client = await signIn(gateway, { device, signedAt: Date.now() - 9 * minute });
  expect(client.hello).toMatchObject({ type: "hello-ok", auth: { role: "operator" } });
  client.socket.terminate();

  // The whole connect of one socket, sent again on another.
  const first = await opened();
  const params = await cliConnect(first, { token: e2eToken, device });
  expect((await first.request("connect", params))["ok"]).toBe(true);
  first.socket.terminate();
  const second = await opened();
  expect((await second.request("connect", params)).error?.["message"]).toBe("device nonce mismatch");
});
