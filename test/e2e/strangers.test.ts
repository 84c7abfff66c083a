// Pages of other sites, guessed tokens, forwarded requests: what strangers get (threats.md 3, HID-010, HID-037).
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { baseConfig, createHome, e2eToken, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";
import { cliConnect, openRaw, testDevice } from "../support/gateway-server.ts";

let home: E2eHome;
let gateway: Gateway;
beforeAll(async () => {
  home = createHome({
    config: {
      ...baseConfig,
      gateway: {
        ...baseConfig.gateway,
        auth: { ...baseConfig.gateway.auth, rateLimit: { maxAttempts: 5, lockoutMs: 600_000 } },
      },
    },
  });
  gateway = await home.gateway();
});
afterAll(async () => {
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

function http(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const { method = "GET", headers = {}, body } = options;
      const sent = request({ host: "127.0.0.1", port: gateway.port, path, method, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
      });
      sent.on("error", reject);
      sent.end(body);
    },
  );
}
const upgrade = (headers: Record<string, string>) =>
  new Promise<string>((resolve) => {
    const socket = new WebSocket(gateway.url, { headers });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    socket.on("error", () => undefined);
  });
const bearer = { authorization: `Bearer ${e2eToken}`, "content-type": "application/json" };

test("a name that resolves here but is not ours (DNS rebinding) is refused over HTTP and WebSocket", async () => {
  for (const host of [
    "evil.example",
    `evil.example:${gateway.port}`,
    "127.0.0.1.evil.example",
    "localhost.evil.example",
  ]) {
    const answer = await http("/", { headers: { host } });
    expect(answer.status, host).toBe(403);
    expect(answer.text).toMatch(/evil\.example/);
    expect(await upgrade({ host }), host).toMatch(/^403 .*gateway\.allowedHosts/s);
    expect((await http("/v1/models", { headers: { ...bearer, host } })).status).toBe(403);
  }
  for (const host of [
    "localhost",
    `localhost:${gateway.port}`,
    `127.0.0.1:${gateway.port}`,
    `[::1]:${gateway.port}`,
  ]) {
    expect((await http("/health", { headers: { host } })).status, host).toBe(200);
    expect(await upgrade({ host }), host).toBe("open");
  }
});

test("a page of another site cannot change anything, not even with the token in hand", async () => {
  const body = JSON.stringify({ model: "openclaw", messages: [{ role: "user", content: "Reply with: no" }] });
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example"]) {
    const answer = await http("/v1/chat/completions", {
      method: "POST",
      headers: { ...bearer, origin },
      body,
    });
    expect(answer.status, origin).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  }
  const simple = await http("/v1/chat/completions", {
    method: "POST",
    headers: { ...bearer, "content-type": "text/plain" },
    body,
  });
  expect(simple.status).toBe(415);
  const socket = await openRaw(gateway.url, { origin: "https://evil.example" });
  const answer = await socket.request(
    "connect",
    await cliConnect(socket, {
      token: e2eToken,
      device: testDevice(),
      client: { id: "openclaw-control-ui", mode: "webchat" },
    }),
  );
  expect(answer).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
  expect(answer.error?.["message"]).toMatch(/origin/i);
  expect((await socket.closed).code).toBe(1008);
  // The page the gateway itself serves is welcome, and cannot be framed.
  const own = await http("/v1/chat/completions", {
    method: "POST",
    headers: { ...bearer, origin: gateway.http },
    body,
  });
  expect(own.status).toBe(200);
  expect(own.text).toContain("no");
  const page = await http("/");
  expect(page.status).toBe(200);
  expect(page.headers).toMatchObject({ "x-frame-options": "DENY", "x-content-type-options": "nosniff" });
  expect(String(page.headers["content-security-policy"])).toContain("frame-ancestors 'none'");
});

test("a forwarded request is not local: a device has to be paired, and is when it is approved here", async () => {
  const device = testDevice();
  const headers = { "x-forwarded-for": "203.0.113.9" };
  const attempt = async () => {
    const socket = await openRaw(gateway.url, { headers });
    const answer = await socket.request("connect", await cliConnect(socket, { token: e2eToken, device }));
    return { socket, answer };
  };
  const first = await attempt();
  expect(first.answer.error).toMatchObject({ code: "NOT_PAIRED", message: "pairing required" });
  expect(await first.socket.closed).toEqual({ code: 1008, reason: "pairing required" });
  const { requestId } = (first.answer.error as { details: { requestId: string } }).details;
  const list = await home.cli(["devices", "list", "--json"]);
  expect(list.stdout).toContain(requestId);
  expect((await home.cli(["devices", "approve", requestId])).status).toBe(0);
  const second = await attempt();
  expect(second.answer["ok"]).toBe(true);
  const { deviceToken } = (second.answer.payload as { auth: { deviceToken: string } }).auth;
  expect(deviceToken).toMatch(/^[0-9a-f]{32}$/);
  second.socket.socket.terminate();
  expect((await home.cli(["devices", "revoke", device.id, "--role", "operator"])).status).toBe(0);
  const third = await openRaw(gateway.url, { headers });
  const refused = await third.request("connect", await cliConnect(third, { token: deviceToken, device }));
  expect(refused.error?.["message"]).toMatch(/unauthorized/);
});

test("odd paths and methods do not reach files or bodies", async () => {
  for (const path of [
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc/passwd",
    "/\\..\\etc",
    "//etc/passwd",
  ]) {
    const answer = await http(path);
    expect(answer.text, path).not.toContain("root:");
    expect([200, 400, 404], path).toContain(answer.status);
  }
  expect((await http("/health", { method: "DELETE" })).status).toBe(405);
  expect((await http("/v1/models")).status).toBe(401);
  const huge = await http("/tools/invoke", {
    method: "POST",
    headers: bearer,
    body: "x".repeat(3_000_000),
  }).catch((error: Error) => ({ status: 0, text: String(error) }));
  expect([0, 413]).toContain(huge.status);
  const broken = await http("/v1/responses", { method: "POST", headers: bearer, body: '{"model":' });
  expect(broken.status).toBe(400);
  expect(JSON.parse(broken.text)).toMatchObject({ error: { type: "invalid_request_error" } });
});

// Last: from here on this address is locked out.
test("guessed tokens: each is told what to give, then the address waits; who is connected stays", async () => {
  const inside = await signIn(gateway);
  const guess = async (token: string) => {
    const socket = await openRaw(gateway.url);
    const answer = await socket.request("connect", await cliConnect(socket, { token }));
    expect((await socket.closed).code).toBe(1008);
    return answer.error as { code: string; message: string; retryAfterMs?: number };
  };
  const first = await guess("wrong");
  expect(first.message).toMatch(/unauthorized/);
  expect(JSON.stringify(first)).not.toContain(e2eToken.slice(0, 8));
  const locked = await until(async () => {
    const error = await guess("wrong again");
    return error.retryAfterMs ? error : null;
  });
  expect(locked.retryAfterMs).toBeGreaterThan(60_000);
  // The right token waits too, over every door, or guessing would only need patience.
  expect((await guess(e2eToken)).retryAfterMs).toBeGreaterThan(0);
  const answer = await http("/v1/models", { headers: bearer });
  expect(answer.status).toBe(429);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(60);
  const cli = await home.cli(["health"]);
  expect(cli.status).toBe(1);
  expect(cli.stderr).toMatch(/error: .*(too many|attempts|locked)/i);
  expect(cli.stderr).toMatch(/hint: /);
  expect(await inside.ask("health")).toMatchObject({ ok: true });
  expect(home.log().some((line) => /connect refused/.test(String(line["1"])))).toBe(true);
  inside.socket.terminate();
});
