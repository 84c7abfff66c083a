import { createHash, X509Certificate } from "node:crypto";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { makeCertificates, type TestCertificate } from "../../../../test/support/certificates.ts";
import { listen, startBlackHole, startProxy } from "../../../../test/support/front-proxy.ts";
import { startTestServer, testToken, type TestServer } from "../../../../test/support/gateway-server.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import { method } from "../../../gateway/contract.ts";
import { z } from "zod";

type Options = NonNullable<Parameters<typeof startTestServer>[0]>;

interface Report {
  ok: boolean;
  hops: Array<{ hop: string; state: string; detail: string }>;
  failed: { hop: string; code: string; message: string; hint: string } | null;
}

let cli: CliHome;
let stack: AsyncDisposableStack;
beforeEach(() => {
  cli = createCliHome();
  cli.configure({ gateway: { mode: "local" } });
  stack = new AsyncDisposableStack();
});
afterEach(async () => {
  await stack.disposeAsync();
  cli.remove();
});

const health = method({
  name: "health",
  authority: "read",
  lenient: true,
  params: z.object({}),
  handler: () => ({ ok: true }),
});

async function gateway(settings: Options["settings"] = {}): Promise<TestServer & { port: number }> {
  const test = await startTestServer({ settings, parts: () => ({ methods: [health] }) });
  stack.use(test);
  return Object.assign(test, { port: Number(new URL(test.http).port) });
}

async function walk(url: string, argv: string[] = ["--token", testToken]): Promise<Report> {
  const { status, stdout, stderr } = await cli.run([
    "connect-test",
    url,
    "--json",
    "--timeout",
    "1500",
    ...argv,
  ]);
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as Report;
  expect(status).toBe(report.ok ? 0 : 1);
  expect(stdout).not.toContain(testToken);
  // Whatever fails, all before it is known to be well and nothing behind it is claimed.
  const at = report.hops.findIndex(({ state }) => state === "failed");
  const [before, after] = at < 0 ? [report.hops, []] : [report.hops.slice(0, at), report.hops.slice(at + 1)];
  for (const { state } of before) expect(["ok", "skipped"]).toContain(state);
  for (const { state } of after) expect(state).toBe("not tried");
  return report;
}

const local = (port: number) => `ws://127.0.0.1:${port}`;
/** This machine under an address that does not count as its own, as another machine would be addressed. */
const asRemote = (port: number) => `ws://[::ffff:127.0.0.1]:${port}`;
const serve = async (listener: RequestListener) => stack.use(await listen(createHttpServer(listener))).port;
const html: RequestListener = (_request, response) =>
  void response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>");
const forwarded = { headers: (same: object) => ({ ...same, "x-forwarded-for": "203.0.113.7" }) };

describe("connect-test", () => {
  it("walks the whole way to a gateway that is well", async () => {
    const { port } = await gateway();
    const report = await walk(local(port));
    expect(report.failed).toBeNull();
    expect(report.hops.map(({ hop }) => hop)).toEqual([
      "dns",
      "tcp",
      "tls",
      "http",
      "host",
      "upgrade",
      "protocol",
      "origin",
      "auth",
      "device",
      "scopes",
    ]);
  });

  it("says it in words, with the command that mends it last", async () => {
    const { port } = await gateway();
    const good = await cli.run(["connect-test", local(port), "--token", testToken]);
    expect(good.stdout).toMatch(/✓ scopes .*health answered[^]*All well\.\n$/);
    const { status, stdout } = await cli.run(["connect-test", local(port), "--token", "wrong"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /First thing wrong: auth \(SECRET_WRONG\)\nhint: compare with `openclaw config get/,
    );
  });

  it("tests the gateway of the configuration when no address is given", async () => {
    const { port } = await gateway();
    cli.configure({ gateway: { mode: "local", port, auth: { token: testToken } } });
    const { status, stdout } = await cli.run(["connect-test", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, from: "configuration" });
    expect(status).toBe(0);
  });

  it("refuses what is no address and no origin", async () => {
    expect((await cli.run(["connect-test", "ftp://x"])).status).toBe(2);
    expect((await cli.run(["connect-test", "ws://127.0.0.1:1", "--origin", "panel"])).status).toBe(2);
  });
});

/** Each arranges one thing that is wrong and answers with the command line to be tried. */
const cases: Array<[string, string, RegExp, () => Promise<[url: string, argv?: string[]]>]> = [
  ["a name nobody knows", "dns DNS_FAILED", /getent hosts/, async () => ["ws://nobody.invalid:18789"]],
  [
    "nothing listens",
    "tcp TCP_REFUSED",
    /openclaw gateway status/,
    async () => {
      const front = await startBlackHole();
      await front[Symbol.asyncDispose]();
      return [local(front.port)];
    },
  ],
  [
    "silence",
    "http HTTP_TIMEOUT",
    /openclaw gateway status/,
    async () => [local(stack.use(await startBlackHole()).port)],
  ],
  [
    "silence where TLS is wanted",
    "tls TLS_TIMEOUT",
    /connect-test ws:/,
    async () => [`wss://127.0.0.1:${stack.use(await startBlackHole()).port}`],
  ],
  [
    "a program that does not speak HTTP",
    "http HTTP_NOT_HTTP",
    /config get gateway.port/,
    async () => {
      const ssh = createTcpServer((socket) => void socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
      return [local(stack.use(await listen(ssh)).port)];
    },
  ],
  [
    "another HTTP server has the port",
    "http HTTP_OTHER_SERVER",
    /openclaw gateway status/,
    async () => [
      local(
        await serve(
          (_request, response) =>
            void response.writeHead(404, { "content-type": "application/json" }).end("{}"),
        ),
      ),
    ],
  ],
  ["a web page answers", "http HTTP_PAGE", /check host, port/, async () => [local(await serve(html))]],
  [
    "a proxy sends on to https",
    "http HTTP_REDIRECT",
    /connect-test wss:\/\/gw\.example$/,
    async () => [
      local(
        await serve(
          (_request, response) =>
            void response.writeHead(301, { location: "https://gw.example/health" }).end(),
        ),
      ),
    ],
  ],
  [
    "a login before the gateway",
    "http HTTP_LOGIN_WALL",
    /login/,
    async () => [local(await serve((_request, response) => void response.writeHead(401).end()))],
  ],
  [
    "a proxy without its gateway",
    "http HTTP_BAD_GATEWAY",
    /upstream/,
    async () => {
      const gone = await startBlackHole();
      await gone[Symbol.asyncDispose]();
      return [local(stack.use(await startProxy(gone.port)).port)];
    },
  ],
  [
    "TLS where there is none",
    "tls TLS_PLAIN_PORT",
    /connect-test ws:/,
    async () => [`wss://127.0.0.1:${(await gateway()).port}`],
  ],
  [
    "a proxy that asks under another name",
    "host HOST_REFUSED",
    /proxy_set_header Host/,
    async () => {
      const { port } = await gateway();
      const headers = (same: object) => ({ ...same, host: "gw.example" });
      return [local(stack.use(await startProxy(port, { headers })).port)];
    },
  ],
  [
    "a proxy that does not pass upgrades",
    "upgrade UPGRADE_REFUSED",
    /proxy_set_header Upgrade/,
    async () => [local(stack.use(await startProxy((await gateway()).port, { upgrades: false })).port)],
  ],
  [
    "a proxy that swallows the upgrade",
    "upgrade UPGRADE_CLOSED",
    /proxy/,
    async () => [local(stack.use(await startProxy((await gateway()).port, { swallow: true })).port)],
  ],
  [
    "another WebSocket server behind a gateway's health",
    "upgrade UPGRADE_OTHER_SERVER",
    /check host, port/,
    async () => {
      const server = createHttpServer((_request, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true,"status":"live"}'),
      );
      new WebSocketServer({ server }).on("connection", (socket) => socket.send("hello"));
      return [local(stack.use(await listen(server)).port)];
    },
  ],
  [
    "a gateway that speaks another protocol",
    "protocol PROTOCOL_MISMATCH",
    /update the older/,
    async () => {
      const server = createHttpServer((_request, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true,"status":"live"}'),
      );
      new WebSocketServer({ server }).on("connection", (socket) => {
        socket.send('{"type":"event","event":"connect.challenge","payload":{"nonce":"n"}}');
        const error = {
          code: "INVALID_REQUEST",
          message: "protocol mismatch",
          details: { expectedProtocol: 9 },
        };
        socket.on("message", () => socket.send(JSON.stringify({ type: "res", id: "0", ok: false, error })));
      });
      return [local(stack.use(await listen(server)).port)];
    },
  ],
  [
    "a page of another site",
    "origin ORIGIN_REFUSED",
    /allowedOrigins '\["https:\/\/panel\.example"\]'/,
    async () => [
      local((await gateway()).port),
      ["--token", testToken, "--origin", "https://panel.example/x"],
    ],
  ],
  [
    "a proxy that changes the Host header",
    "origin ORIGIN_REFUSED",
    /proxy_set_header Host/,
    async () => {
      const { port } = await gateway();
      const headers = (same: object) => ({ ...same, host: `127.0.0.1:${port}` });
      return [local(stack.use(await startProxy(port, { headers })).port)];
    },
  ],
  [
    "a wrong token",
    "auth SECRET_WRONG",
    /config get gateway\.auth\.token/,
    async () => [local((await gateway()).port), ["--token", "0000"]],
  ],
  [
    "no token",
    "auth SECRET_MISSING",
    /OPENCLAW_GATEWAY_TOKEN/,
    async () => [local((await gateway()).port), []],
  ],
  [
    "too many wrong tokens",
    "auth LOCKED_OUT",
    /openclaw logs/,
    async () => {
      const { port } = await gateway({ limits: { authAttempts: 2 } });
      for (let attempt = 0; attempt < 2; attempt++) await walk(local(port), ["--token", "0000"]);
      return [local(port), ["--token", "0000"]];
    },
  ],
  [
    "a proxy on this machine hides where the client is",
    "device DEVICE_NEEDED",
    /tunnel/,
    async () => {
      const { port } = await gateway({ trustedProxies: ["127.0.0.1"] });
      return [local(stack.use(await startProxy(port, forwarded)).port)];
    },
  ],
  [
    "a device that is not paired",
    "device DEVICE_NOT_PAIRED",
    /openclaw devices approve \S+$/,
    async () => {
      const { port } = await gateway({ trustedProxies: ["127.0.0.1"] });
      return [asRemote(stack.use(await startProxy(port, forwarded)).port)];
    },
  ],
  [
    "a device with fewer scopes",
    "scopes SCOPE_MISSING",
    /openclaw devices approve \S+$/,
    async () => {
      const { port, server } = await gateway({ trustedProxies: ["127.0.0.1"] });
      const url = asRemote(stack.use(await startProxy(port, forwarded)).port);
      await walk(url);
      const [request] = server.devices.pending();
      if (!request) throw new Error("no pairing request was made");
      server.devices.reject(request.requestId);
      server.devices.pairFirst({
        deviceId: request.deviceId,
        publicKey: request.publicKey,
        role: "operator",
        scopes: ["operator.read"],
      });
      return [url];
    },
  ],
];

describe("connect-test names the first hop that is wrong", () => {
  it.each(cases)("%s", async (_name, expected, hint, arrange) => {
    const [url, argv] = await arrange();
    const { failed } = await walk(url, argv);
    expect(`${failed?.hop} ${failed?.code}`, failed?.message).toBe(expected);
    expect(failed?.hint).toMatch(hint);
  });
});

const certificates = makeCertificates();

describe.skipIf(certificates === null)("connect-test over TLS", () => {
  const empty: TestCertificate = { cert: "", key: "" };
  const { server: own, ca } = certificates ?? { server: empty, ca: empty };
  const fingerprint = () => createHash("sha256").update(new X509Certificate(own.cert).raw).digest("hex");
  const secured = (more: object = {}) => gateway({ tls: { ...own, ...more } });

  it("is well with the pinned certificate", async () => {
    const { port } = await secured();
    const url = `wss://127.0.0.1:${port}`;
    cli.configure({ gateway: { mode: "remote", remote: { url, tlsFingerprint: fingerprint() } } });
    expect(await walk(url)).toMatchObject({ ok: true });
  });

  it("names a certificate nobody vouches for, with the command that pins it", async () => {
    const { port } = await secured();
    const { failed } = await walk(`wss://127.0.0.1:${port}`);
    expect(failed).toMatchObject({ hop: "tls", code: "TLS_UNTRUSTED" });
    expect(failed?.hint).toContain(`gateway.remote.tlsFingerprint ${fingerprint()}`);
  });

  it("names another fingerprint than the pinned one", async () => {
    const { port } = await secured();
    const url = `wss://127.0.0.1:${port}`;
    cli.configure({ gateway: { mode: "remote", remote: { url, tlsFingerprint: "00".repeat(32) } } });
    expect((await walk(url)).failed).toMatchObject({ hop: "tls", code: "TLS_FINGERPRINT_MISMATCH" });
  });

  it("names an address without TLS for a gateway that has it", async () => {
    const { port } = await secured();
    const { failed } = await walk(local(port));
    expect(failed).toMatchObject({ hop: "tls", code: "TLS_NEEDED" });
    expect(failed?.hint).toContain(`connect-test wss://127.0.0.1:${port}`);
  });

  it("names a client certificate that is wanted", async () => {
    const { port } = await secured({ ca: ca.cert });
    const url = `wss://127.0.0.1:${port}`;
    cli.configure({ gateway: { mode: "remote", remote: { url, tlsFingerprint: fingerprint() } } });
    expect((await walk(url)).failed).toMatchObject({ hop: "tls", code: "TLS_CLIENT_CERTIFICATE" });
  });

  it("names a web page behind TLS", async () => {
    const { port } = stack.use(await listen(createHttpsServer({ ...own }, html)));
    const url = `wss://127.0.0.1:${port}`;
    cli.configure({ gateway: { mode: "remote", remote: { url, tlsFingerprint: fingerprint() } } });
    expect((await walk(url)).failed).toMatchObject({ hop: "http", code: "HTTP_PAGE" });
  });
});
