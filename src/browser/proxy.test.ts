import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, createServer as createSocketServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { startFilterProxy, type FilterProxy } from "./proxy.ts";

let proxy: FilterProxy;
const seen: IncomingMessage[] = [];
const site = createServer((request, response) => {
  seen.push(request);
  if (request.url === "/large") return void response.end("x".repeat(400_000));
  response
    .writeHead(201, { "x-page": "1", "keep-alive": "timeout=9" })
    .end(`${request.method} ${request.url}`);
});
/** Says what it is sent. */
const echo = createSocketServer((socket) => void socket.pipe(socket));
let port: number;
let echoPort: number;
const names = new Map<string, string[]>();
const looked: string[] = [];

beforeEach(async () => {
  seen.length = 0;
  names.clear();
  looked.length = 0;
  for (const server of [site, echo])
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  port = (site.address() as AddressInfo).port;
  echoPort = (echo.address() as AddressInfo).port;
  names.set("site.example", ["127.0.0.1"]);
  proxy = await startFilterProxy({
    clock: systemClock,
    logger: silentLogger,
    allowOrigins: () => [`http://site.example:${port}`, `http://echo.example:${echoPort}`],
    resolve(name) {
      looked.push(name);
      return Promise.resolve(names.get(name) ?? ["127.0.0.1"]);
    },
    maxBytes: 200_000,
  });
});
afterEach(async () => {
  await proxy.close();
  site.closeAllConnections();
  for (const server of [site, echo]) await new Promise((resolve) => server.close(resolve));
});

function ask(
  url: string,
  options: { method?: string; body?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<{ status: number; text: string; headers: IncomingMessage["headers"] }>(
    (resolve, reject) => {
      const { method = "GET", headers = {} } = options;
      const outgoing = httpRequest(
        { port: proxy.port, host: "127.0.0.1", path: url, method, headers },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += String(chunk)));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
          );
        },
      );
      outgoing.on("error", reject);
      outgoing.end(options.body);
    },
  );
}

function tunnel(target: string): Promise<{ head: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect(proxy.port, "127.0.0.1", () =>
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
    );
    socket.once("error", reject);
    socket.once("data", (chunk: Buffer) => resolve({ head: String(chunk).split("\r\n")[0] ?? "", socket }));
    socket.once("close", () => resolve({ head: "", socket }));
  });
}

it("passes requests on to what may be reached, without what is meant for proxies", async () => {
  const headers = {
    "proxy-authorization": "Basic x",
    "proxy-connection": "keep-alive",
    host: "other.example",
    cookie: "a=1",
  };
  const answer = await ask(`http://site.example:${port}/x?y=1`, { method: "POST", body: "hello", headers });
  expect(answer).toMatchObject({ status: 201, text: "POST /x?y=1" });
  expect(answer.headers["x-page"]).toBe("1");
  expect(seen[0]?.headers).toMatchObject({ host: `site.example:${port}`, cookie: "a=1" });
  expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith("proxy-"))).toEqual([]);
});

it.each([
  ["this machine", () => `http://127.0.0.1:${port}/`],
  ["the same server by a name that is not listed", () => `http://rebound.example:${port}/`],
  ["another port of a listed name", () => `http://site.example:${echoPort}/`],
  ["metadata", () => "http://169.254.169.254/latest/meta-data/"],
  ["a mapped address", () => `http://[::ffff:127.0.0.1]:${port}/`],
])("keeps requests from %s, and says why once", async (_what, url) => {
  const answer = await ask(url());
  expect(answer.status).toBe(403);
  expect(seen).toEqual([]);
  const { host } = new URL(url());
  expect(proxy.refusalOf(host)).toContain("private or special address");
  expect(proxy.refusalOf(host)).toBeNull();
});

it("looks every name up again: what led elsewhere a moment ago does not count", async () => {
  expect((await ask(`http://site.example:${port}/`)).status).toBe(201);
  names.set("later.example", ["93.184.215.14", "10.0.0.1"]);
  expect((await ask("http://later.example/")).status).toBe(403);
  names.set("site.example", []);
  expect((await ask(`http://site.example:${port}/`)).status).toBe(403);
});

it("tunnels to what may be reached and to nothing else", async () => {
  const { head, socket } = await tunnel(`echo.example:${echoPort}`);
  expect(head).toBe("HTTP/1.1 200 Connection Established");
  const said = new Promise((resolve) => socket.once("data", (chunk: Buffer) => resolve(String(chunk))));
  socket.write("ping");
  expect(await said).toBe("ping");
  socket.destroy();
  for (const target of [
    `127.0.0.1:${echoPort}`,
    `localhost:${echoPort}`,
    "169.254.169.254:80",
    `rebound.example:${echoPort}`,
  ])
    expect((await tunnel(target)).head, target).toBe("HTTP/1.1 403 Forbidden");
  for (const target of ["user:pw@echo.example:1", "/etc/passwd", `echo.example:${echoPort}/path`, "x y"])
    expect((await tunnel(target)).head, target).not.toContain("200");
  expect(proxy.refused()).toBeGreaterThanOrEqual(4);
});

it("does not let the browser call home, and looks no such name up", async () => {
  expect((await ask("http://clients2.google.com/time/1/current")).status).toBe(403);
  expect((await tunnel("update.googleapis.com:443")).head).toBe("HTTP/1.1 403 Forbidden");
  expect(looked).toEqual([]);
});

it("is no server itself, and sends no more than its limit", async () => {
  expect((await ask("/status")).status).toBe(400);
  expect((await ask("ftp://site.example/")).status).toBe(400);
  await expect(ask(`http://site.example:${port}/large`)).rejects.toThrow();
});
