import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { openRaw, startTestServer } from "../../test/support/gateway-server.ts";
import { Secret } from "../core/secret.ts";
import { refuseOpenBind, resolveBind } from "./bind.ts";

const open = { mode: "token" as const, token: null, password: null };
const off = { mode: "off" as const, token: null, password: null };
const guarded = { mode: "token" as const, token: new Secret("t"), password: null };

describe("resolveBind", () => {
  it.each([
    ["loopback", {}, "127.0.0.1", ["127.0.0.1", "::1"], true],
    ["lan", {}, "0.0.0.0", ["0.0.0.0"], false],
    ["auto", { loopbackAvailable: true }, "127.0.0.1", ["127.0.0.1", "::1"], true],
    ["auto", { loopbackAvailable: false }, "0.0.0.0", ["0.0.0.0"], false],
    ["tailnet", { tailscaleIp: "100.64.0.7" }, "100.64.0.7", ["100.64.0.7"], false],
    [
      "tailnet",
      { tailscaleIp: "100.64.0.7", tailscaleMode: "serve" },
      "100.64.0.7",
      ["100.64.0.7", "127.0.0.1"],
      false,
    ],
    ["custom", { customBindHost: "10.0.0.5" }, "10.0.0.5", ["10.0.0.5"], false],
    ["custom", { customBindHost: "127.0.0.1" }, "127.0.0.1", ["127.0.0.1"], true],
  ] as const)("%s %j", (mode, options, host, listen, loopback) => {
    const resolved = resolveBind(mode, options);
    expect(resolved).toMatchObject({ host, loopback });
    expect(resolved.listen.map((entry) => entry.host)).toEqual(listen);
  });

  it.each(["tailnet", "custom"] as const)("%s without an address is refused with its remedy", (mode) => {
    expect(() => resolveBind(mode, { customBindHost: "some.name" })).toThrow(/^bind /);
  });
});

it("refuses to serve through Tailscale where there is no loopback", () => {
  const bind = () => resolveBind("lan", { tailscaleMode: "serve", loopbackAvailable: false });
  expect(bind).toThrow(/gateway\.tailscale\.mode serve reaches the gateway on 127\.0\.0\.1/);
});

describe("refuseOpenBind", () => {
  const check =
    (bind: "loopback" | "lan", auth: typeof open | typeof off | typeof guarded, tailscaleMode?: "funnel") =>
    () =>
      refuseOpenBind(resolveBind(bind), { auth, bind, port: 18789, tailscaleMode });

  it("says both documented wordings in one line", () => {
    expect(check("lan", open)).toThrow(
      "refusing to bind gateway to 0.0.0.0:18789 without auth (refusing to bind lan without auth): set gateway.auth.token or gateway.auth.password",
    );
    expect(check("lan", off)).toThrow(/refusing to bind lan without auth/);
    expect(check("loopback", off, "funnel")).toThrow(/refusing to bind loopback without auth/);
  });

  it("says that it is Funnel which needs the secret", () => {
    expect(check("loopback", open, "funnel")).toThrow(
      "refusing to publish the gateway through Tailscale funnel without auth",
    );
    expect(check("loopback", guarded, "funnel")).not.toThrow();
  });

  it("lets a guarded bind and an open loopback through, but not one nobody could sign in to", () => {
    expect(check("lan", guarded)).not.toThrow();
    expect(check("loopback", off)).not.toThrow();
    expect(check("loopback", open)).toThrow(/gateway\.auth\.token is not set/);
  });
});

describe("listen", () => {
  it("refuses a port in use in the documented words and names the owner", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const failure = startTestServer({ settings: { port } });
    await expect(failure).rejects.toThrow(
      /another gateway instance is already listening on 127\.0\.0\.1:\d+ \(EADDRINUSE: address already in use/,
    );
    if (process.platform === "linux") await expect(failure).rejects.toThrow(new RegExp(`pid ${process.pid}`));
    await new Promise((resolve) => other.close(resolve));
  });

  it("also answers on ::1 where there is one", async () => {
    await using test = await startTestServer();
    const { port } = test.server.address();
    const client = await openRaw(`ws://[::1]:${port}`).catch((error: unknown) => error);
    if (client instanceof Error) expect(client.message).toMatch(/EADDRNOTAVAIL|ECONNREFUSED|EAFNOSUPPORT/);
    else expect(client).toBeDefined();
  });
});
