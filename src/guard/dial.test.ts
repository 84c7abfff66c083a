import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { createGuardedFetch, type GuardedFetchOptions } from "./dial.ts";
import { isPublicAddress } from "./special-address.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
let allowed: string[] = [];
const fetcher = (options: Partial<GuardedFetchOptions> = {}) =>
  createGuardedFetch({ clock: systemClock, allowOrigins: () => allowed, ...options });
const bodyOf = async (request: IncomingMessage) => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};

beforeEach(() => {
  allowed = [];
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("addresses", () => {
  for (const address of [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2a00:1450::5efe:7f00:1",
    "2a00::200:5efe:10.0.0.1",
    "::127.0.0.1",
    "not an address",
    "1.2.3",
    "",
  ]) {
    test(`${address || "nothing"} is not public`, () => expect(isPublicAddress(address)).toBe(false));
  }
  for (const address of [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
  ]) {
    test(`${address} is public`, () => expect(isPublicAddress(address)).toBe(true));
  }
  test("an IPv4 address and its mapped and NAT64 forms are decided alike", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(isPublicAddress(address));
      }),
    );
  });
});

describe("what is dialled", () => {
  for (const url of [
    "ftp://example.org/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "https://user:pw@example.org/",
    "http://example.org/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://127.0.0.1./",
  ]) {
    test(`${url} is refused`, async () => {
      await expect(fetcher({ resolve: async () => ["8.8.8.8"] })(url)).rejects.toMatchObject({
        code: "DIAL_REFUSED",
      });
    });
  }
  test("a name with one private address among public ones is refused", async () => {
    const fetch = fetcher({ resolve: async () => ["8.8.8.8", "10.0.0.1"] });
    await expect(fetch("https://rebind.example/")).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });
  test("the checked address is the one connected to, and the name is asked once", async () => {
    const origin = await serve((request, response) => response.end(request.headers.host));
    const named = origin.replace("127.0.0.1", "service.internal");
    allowed = [named];
    let asked = 0;
    const fetch = fetcher({ resolve: async () => (asked++, ["127.0.0.1"]) });
    const response = await fetch(`${named}/x`);
    expect(await response.text()).toBe(named.slice("http://".length));
    expect(response.url).toBe(`${named}/x`);
    expect(asked).toBe(1);
  });
  test("only the exact configured origin may be private", async () => {
    const origin = await serve((_, response) => response.end("ok"));
    await expect(fetcher()(origin)).rejects.toMatchObject({ code: "DIAL_REFUSED" });
    allowed = [origin];
    expect(await (await fetcher()(origin)).text()).toBe("ok");
    allowed = [origin.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))];
    await expect(fetcher()(origin)).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });
});

describe("redirects", () => {
  test("to another origin go without credentials and headers, within one origin with them", async () => {
    const seen: Array<Record<string, unknown>> = [];
    const second = await serve((request, response) => {
      seen.push(request.headers);
      response.end("second");
    });
    const first = await serve((request, response) => {
      seen.push(request.headers);
      response.writeHead(302, { location: request.url === "/a" ? "/b" : `${second}/c` }).end();
    });
    allowed = [first, second];
    const response = await fetcher()(`${first}/a`, {
      headers: { authorization: "Bearer s", cookie: "c=1", "x-api-key": "k", accept: "text/html" },
    });
    expect(await response.text()).toBe("second");
    expect(response.redirected).toBe(true);
    expect(
      seen.map((headers) => [
        headers["authorization"],
        headers["cookie"],
        headers["x-api-key"],
        headers["accept"],
      ]),
    ).toEqual([
      ["Bearer s", "c=1", "k", "text/html"],
      ["Bearer s", "c=1", "k", "text/html"],
      [undefined, undefined, undefined, "text/html"],
    ]);
  });
  test("into the private network are refused", async () => {
    const inner = await serve((_, response) => response.end("secret"));
    const outer = await serve((_, response) => response.writeHead(302, { location: inner }).end());
    allowed = [outer];
    await expect(fetcher()(outer)).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });
  test("never carry a body to another origin, and end", async () => {
    const other = await serve((_, response) => response.end());
    const origin = await serve((request, response) =>
      response
        .writeHead(request.url === "/loop" ? 302 : 307, {
          location: request.url === "/loop" ? "/loop" : other,
        })
        .end(),
    );
    allowed = [origin, other];
    await expect(fetcher()(`${origin}/post`, { method: "POST", body: "secret" })).rejects.toMatchObject({
      code: "DIAL_REFUSED",
    });
    await expect(fetcher()(`${origin}/loop`)).rejects.toMatchObject({ code: "DIAL_LIMIT" });
    await expect(fetcher()(`${origin}/loop`, { redirect: "error" })).rejects.toMatchObject({
      code: "DIAL_LIMIT",
    });
    expect((await fetcher()(`${origin}/loop`, { redirect: "manual" })).status).toBe(302);
  });
  test("303 after a POST becomes a GET, 307 repeats the body on the same origin", async () => {
    const seen: string[] = [];
    const origin = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${body}`);
        if (request.url === "/303") response.writeHead(303, { location: "/end" });
        if (request.url === "/307") response.writeHead(307, { location: "/end" });
        response.end();
      });
    });
    allowed = [origin];
    await fetcher()(`${origin}/303`, { method: "POST", body: "b" });
    await fetcher()(`${origin}/307`, { method: "POST", body: "b" });
    expect(seen).toEqual(["POST /303 b", "GET /end ", "POST /307 b", "POST /end b"]);
  });
});

describe("bodies", () => {
  test("stream as they come, both ways", async () => {
    let release: () => void = () => undefined;
    const origin = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`data: ${request.headers["content-type"]} ${body}\n\n`);
        release = () => response.end("data: done\n\n");
      });
    });
    allowed = [origin];
    const response = await fetcher()(origin, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ a: 1 }),
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(
      'data: application/json {"a":1}\n\n',
    );
    release();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("data: done\n\n");
    expect((await reader.read()).done).toBe(true);
  });
  test("are capped after decompression", async () => {
    const origin = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000))),
    );
    allowed = [origin];
    const limited = await fetcher({ maxBytes: 1_000_000 })(origin);
    await expect(limited.arrayBuffer()).rejects.toMatchObject({ code: "DIAL_LIMIT" });
    expect((await (await fetcher()(origin)).arrayBuffer()).byteLength).toBe(5_000_000);
    const odd = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "x-odd" }).end("x"),
    );
    allowed = [odd];
    await expect(fetcher()(odd)).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });
  test("large ones are read slowly without loss", async () => {
    const origin = await serve((_, response) => response.end(Buffer.alloc(20_000_000, 7)));
    allowed = [origin];
    let bytes = 0;
    const response = await fetcher()(origin);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bytes).toBe(20_000_000);
  });
  test("time limits, cut connections and aborts end in errors", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/silent") return;
      response.writeHead(200, { "content-length": "100" });
      response.write("part");
      if (request.url === "/cut") setImmediate(() => response.destroy());
    });
    allowed = [origin];
    await expect(fetcher({ headersTimeoutMs: 50 })(`${origin}/silent`)).rejects.toMatchObject({
      code: "DIAL_TIMEOUT",
    });
    await expect(fetcher({ totalTimeoutMs: 50 })(`${origin}/silent`)).rejects.toMatchObject({
      code: "DIAL_TIMEOUT",
    });
    await expect((await fetcher({ idleTimeoutMs: 50 })(`${origin}/idle`)).text()).rejects.toMatchObject({
      code: "DIAL_TIMEOUT",
    });
    await expect((await fetcher({ totalTimeoutMs: 80 })(`${origin}/idle`)).text()).rejects.toMatchObject({
      code: "DIAL_TIMEOUT",
    });
    await expect(fetcher()(`${origin}/cut`).then((response) => response.text())).rejects.toMatchObject({
      code: "DIAL_FAILED",
    });
    const abort = new AbortController();
    const response = await fetcher()(`${origin}/idle`, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(response.text()).rejects.toThrow("enough");
    await expect(fetcher()(`${origin}/idle`, { signal: abort.signal })).rejects.toThrow("enough");
  });
  test("an address where nobody listens is a failure that may pass", async () => {
    const origin = await serve(() => undefined);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    allowed = [origin];
    await expect(fetcher()(origin)).rejects.toMatchObject({ code: "DIAL_FAILED", retryable: true });
  });
});

test("a stream ends when it is aborted, however long it has lived", async () => {
  const url = await serve((_request, response) => void response.writeHead(200).write("first"));
  allowed = [url];
  const life = new AbortController();
  const response = await fetcher()(url, { signal: life.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  const next = reader?.read();
  // What only the request referred to is collected by now.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  life.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
});
