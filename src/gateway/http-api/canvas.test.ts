import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  connectRaw,
  startTestServer,
  testToken,
  type TestServer,
} from "../../../test/support/gateway-server.ts";

let home: string;
let server: TestServer;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-canvas-"));
  const root = join(home, "canvas");
  mkdirSync(join(root, "game"), { recursive: true });
  writeFileSync(join(root, "index.html"), "<h1>first</h1>");
  writeFileSync(join(root, "game", "index.html"), "<h1>game</h1>");
  writeFileSync(join(root, "notes.secret"), "x");
  writeFileSync(join(root, ".env"), "KEY=1");
  writeFileSync(join(home, "outside.txt"), "secret");
  symlinkSync(join(home, "outside.txt"), join(root, "link.txt"));
  server = await startTestServer({ settings: { canvasRoot: root } });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.http}/__openclaw__/canvas/${path}`, { headers });

it("serves pages that can neither reach the gateway nor be framed or kept", async () => {
  const answer = await get("index.html");
  expect([answer.status, await answer.text()]).toEqual([200, "<h1>first</h1>"]);
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const policy = answer.headers.get("content-security-policy");
  expect(policy).toMatch(/^sandbox allow-scripts; default-src 'none'/);
  expect(policy).not.toMatch(/allow-same-origin|connect-src/);
  expect(await (await get("")).text()).toBe("<h1>first</h1>");
  expect(await (await get("game/")).text()).toBe("<h1>game</h1>");
});

it.each(["nothing.html", "notes.secret", ".env", "link.txt", "game/none/x.html", "index.html/x.html"])(
  "%s does not exist",
  async (path) => {
    const answer = await get(path);
    expect([answer.status, await answer.text()]).toEqual([404, "Not Found"]);
  },
);

it("asks everybody but this machine's own programs for the bearer", async () => {
  const proxied = { "x-forwarded-for": "203.0.113.9" };
  expect((await get("index.html", proxied)).status).toBe(401);
  expect((await get("nothing.html", proxied)).status).toBe(401);
  expect((await get("index.html", { ...proxied, authorization: `Bearer ${testToken}` })).status).toBe(200);
  expect((await get(`index.html?token=${testToken}`, proxied)).status).toBe(401);
});

it("is named in hello-ok while it is on", async () => {
  const on = await connectRaw(server);
  expect(on.hello).toMatchObject({ canvasHostUrl: server.http });
  server.settings.canvasRoot = null;
  const off = await connectRaw(server);
  expect(off.hello).not.toHaveProperty("canvasHostUrl");
  expect((await get("index.html")).status).toBe(404);
});
