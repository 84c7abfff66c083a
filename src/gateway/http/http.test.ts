import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as tcp } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startTestServer, testToken, type TestServer } from "../../../test/support/gateway-server.ts";
import { Secret } from "../../core/secret.ts";
import { UserError } from "../../core/errors.ts";
import { canonicalSegments } from "./path.ts";
import { sendJson } from "./respond.ts";
import type { Route } from "./route.ts";
import type { StaticManifest } from "./static.ts";

const bearer = { authorization: `Bearer ${testToken}` };
const json = { "content-type": "application/json" };

const routes: Route[] = [
  {
    methods: ["POST"],
    path: "/v1/echo",
    auth: "bearer",
    maxBodyBytes: 1000,
    handle: ({ body, principal, params }, response) =>
      sendJson(response, 200, { got: Buffer.from(body).toString(), owner: principal?.owner, params }),
  },
  {
    methods: ["GET"],
    path: "/v1/things/:name",
    auth: "bearer",
    authority: "read",
    maxBodyBytes: 0,
    handle: ({ params, query }, response) => sendJson(response, 200, { ...params, q: query.get("q") }),
  },
  {
    methods: ["POST"],
    path: "/hooks/*",
    auth: "own",
    maxBodyBytes: 100,
    anyContentType: true,
    handle: ({ params }, response) => sendJson(response, 200, params),
  },
  {
    methods: ["POST"],
    path: "/v1/fails",
    auth: "bearer",
    maxBodyBytes: 100,
    handle({ body }) {
      if (body.length === 0) throw new Error("internals with a secret");
      throw new UserError("X", "that is wrong", { hint: "do it right" });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/off",
    auth: "public",
    maxBodyBytes: 0,
    enabled: () => false,
    handle: () => {},
  },
];

function page(text: string, contentType: string) {
  const body = Buffer.from(text);
  return { body, contentType, etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 8)}"` };
}
const ui: StaticManifest = new Map([
  ["index.html", page("<!doctype html>page", "text/html; charset=utf-8")],
  ["app.js", page("run()", "text/javascript; charset=utf-8")],
]);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** `fetch` would tidy paths and Host; this sends what it is told. */
function ask(
  test: TestServer,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { port } = new URL(test.http);
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const request = httpRequest(
      { host: "127.0.0.1", port, path, method, headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part) => (text += part));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const start = (settings = {}) => startTestServer({ parts: () => ({ routes }), ui, settings });

describe("routes", () => {
  it.each<[string, string, Parameters<typeof ask>[2], number, string | RegExp]>([
    ["a probe", "/health", {}, 200, '{"ok":true,"status":"live"}'],
    ["a probe by its other name", "/healthz", {}, 200, '{"ok":true,"status":"live"}'],
    ["a probe of another host name", "/health", { headers: { host: "monitor.example" } }, 200, /live/],
    ["readiness", "/readyz", {}, 200, /ready/],
    ["startup", "/startup", {}, 200, /started/],
    ["the wrong method", "/health", { method: "POST" }, 405, "Method Not Allowed"],
    [
      "another host name",
      "/v1/echo",
      { method: "POST", headers: { host: "evil.example", ...bearer } },
      403,
      /host .*not allowed.*allowedHosts/,
    ],
    [
      "no bearer",
      "/v1/echo",
      { method: "POST" },
      401,
      '{"error":{"message":"Unauthorized","type":"unauthorized"}}',
    ],
    ["no bearer on a wrong method", "/v1/echo", {}, 401, /Unauthorized/],
    [
      "a wrong bearer",
      "/v1/echo",
      { method: "POST", headers: { authorization: "Bearer x" } },
      401,
      /Unauthorized/,
    ],
    ["a token in the query", `/v1/echo?token=${testToken}`, { method: "POST" }, 401, /Unauthorized/],
    [
      "the right bearer",
      "/v1/echo",
      { method: "POST", headers: { ...bearer, ...json }, body: "{}" },
      200,
      '{"got":"{}","owner":true,"params":{}}',
    ],
    ["a bearer on a wrong method", "/v1/echo", { headers: bearer }, 405, "Method Not Allowed"],
    [
      "a form",
      "/v1/echo",
      { method: "POST", headers: { ...bearer, "content-type": "text/plain" }, body: "{}" },
      415,
      /content type/,
    ],
    [
      "too much",
      "/v1/echo",
      { method: "POST", headers: { ...bearer, ...json }, body: "x".repeat(1001) },
      413,
      /larger than 1000 bytes/,
    ],
    [
      "a compressed body",
      "/v1/echo",
      { method: "POST", headers: { ...bearer, ...json, "content-encoding": "gzip" }, body: "x" },
      415,
      /gzip/,
    ],
    [
      "a page of elsewhere",
      "/v1/echo",
      { method: "POST", headers: { ...bearer, ...json, origin: "https://evil.example" }, body: "{}" },
      403,
      /origin not allowed/,
    ],
    [
      "a cross-site request without Origin",
      "/hooks/x",
      { method: "POST", headers: { "sec-fetch-site": "cross-site" } },
      403,
      /cross-site/,
    ],
    ["a value in the path", "/v1/things/a%20b?q=1", { headers: bearer }, 200, '{"name":"a b","q":"1"}'],
    ["the rest of a path", "/hooks/a/b", { method: "POST" }, 200, '{"*":"a/b"}'],
    ["a switched-off route", "/v1/off", {}, 404, "Not Found"],
    ["an unknown API path", "/v1/nope", {}, 404, "Not Found"],
    ["an unknown path to post to", "/nope", { method: "POST" }, 405, "Method Not Allowed"],
    [
      "a mistake",
      "/v1/fails",
      { method: "POST", headers: { ...bearer, ...json }, body: "1" },
      400,
      '{"error":{"message":"that is wrong","type":"invalid_request_error","hint":"do it right"}}',
    ],
    [
      "a bug",
      "/v1/fails",
      { method: "POST", headers: bearer },
      500,
      '{"error":{"message":"internal error; see the gateway log","type":"api_error"}}',
    ],
    ["a dotted path", "/v1/../v1/echo", {}, 400, /canonical/],
    ["an encoded slash", "/v1%2fecho", {}, 400, /canonical/],
    ["double encoding", "/v1/things/%2561", { headers: bearer }, 400, /canonical/],
    ["an empty segment", "//v1/echo", {}, 400, /canonical/],
  ])("%s", async (_name, path, options, status, text) => {
    await using test = await start();
    const answer = await ask(test, path, options);
    expect(answer).toMatchObject({
      status,
      text: typeof text === "string" ? text : expect.stringMatching(text),
    });
    expect(answer.headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    if (status === 405) expect(answer.headers["allow"]).toBeDefined();
  });

  it("are refused to whoever guessed too often, with a time to wait", async () => {
    await using test = await start();
    const statuses = [];
    for (let i = 0; i < 11; i++) {
      statuses.push(
        (await ask(test, "/v1/things/x", { headers: { authorization: `Bearer guess-${i}` } })).status,
      );
    }
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    const locked = await ask(test, "/v1/things/x", { headers: bearer });
    expect([statuses[10], locked.status, locked.headers["retry-after"]]).toEqual([429, 429, "60"]);
  });

  it("need no bearer from this machine when auth is off, and one cannot be had from elsewhere", async () => {
    await using test = await start({ auth: { mode: "off", token: null, password: null } });
    expect((await ask(test, "/v1/things/x")).status).toBe(200);
    expect((await ask(test, "/v1/things/x", { headers: { "x-real-ip": "10.0.0.1" } })).status).toBe(401);
  });

  it("take the password in password mode", async () => {
    await using test = await start({ auth: { mode: "password", token: null, password: new Secret("pw") } });
    expect((await ask(test, "/v1/things/x", { headers: { authorization: "Bearer pw" } })).status).toBe(200);
  });

  it("may not shadow each other", async () => {
    const twice = { ...routes[0], path: "/health", methods: ["GET"] } as Route;
    await expect(startTestServer({ parts: () => ({ routes: [twice] }) })).rejects.toThrow(
      /two routes for GET \/health/,
    );
  });

  it("answer what is no HTTP with 400 and nothing more", async () => {
    await using test = await start();
    const { port } = new URL(test.http);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = tcp(Number(port), "127.0.0.1", () => socket.end("\u0016\u0003\u0001 nonsense\r\n\r\n"));
      let got = "";
      socket.setEncoding("utf8").on("data", (part) => (got += part));
      socket.on("close", () => resolve(got));
      socket.on("error", reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  });
});

describe("the page", () => {
  it.each<[string, number, RegExp]>([
    ["/", 200, /page/],
    ["/?token=abc", 200, /page/],
    ["/chat", 200, /page/],
    ["/app.js", 200, /run/],
    ["/app.css", 404, /Not Found/],
    ["/%2e%2e/secret", 400, /canonical/],
  ])("%s", async (path, status, text) => {
    await using test = await start();
    const answer = await ask(test, path);
    expect(answer).toMatchObject({ status, text: expect.stringMatching(text) });
    if (status === 200)
      expect(answer.headers["content-security-policy"]).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
  });

  it("lives under its base path, is not sent twice, and is gone when switched off", async () => {
    await using test = await start();
    const { etag } = (await ask(test, "/")).headers;
    expect((await ask(test, "/", { headers: { "if-none-match": String(etag) } })).status).toBe(304);
    test.settings.controlUi = { ...test.settings.controlUi, basePath: "/claw" };
    expect((await ask(test, "/claw?session=a")).headers["location"]).toBe("/claw/?session=a");
    expect((await ask(test, "/claw/app.js")).text).toBe("run()");
    expect((await ask(test, "/app.js")).status).toBe(404);
    test.settings.controlUi = { ...test.settings.controlUi, basePath: "", enabled: false };
    expect((await ask(test, "/")).status).toBe(404);
  });
});

describe("canonicalSegments", () => {
  it("gives segments that read the same however often they are decoded, and never climb", () => {
    const part = fc.oneof(
      fc.constantFrom("..", ".", "%2e%2e", "%2f", "%5c", "%00", "%25", "a", "", "\\", "é"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const segments = canonicalSegments(`/${parts.join("/")}`);
        for (const segment of segments ?? []) {
          expect(["", ".", ".."]).not.toContain(segment);
          expect(segment).not.toMatch(/[/\\\u0000]/);
          expect(segment).not.toMatch(/%[0-9a-f]{2}/i);
        }
        if (segments !== null) {
          const again = canonicalSegments(
            `/${segments.map((segment) => encodeURIComponent(segment)).join("/")}`,
          );
          expect(again).toEqual(segments);
        }
      }),
    );
  });
});
