import { describe, expect, it } from "vitest";
import { configSchema } from "../config/index.ts";
import { describeAuth, gatewayUrl, isLoopbackUrl, resolveCredentials, resolveTarget } from "./target.ts";

const config = (value: unknown) => configSchema.parse(value);
const running = { pid: 1, host: "100.64.0.7", port: 19000, version: "1", startedAt: null };

describe("which gateway is meant", () => {
  const remote = {
    gateway: { mode: "remote", remote: { url: "wss://vps.example", token: "remote-secret" } },
  };
  it.each([
    ["--url first", { url: "ws://a:1", env: { OPENCLAW_GATEWAY_URL: "ws://b:2" }, running }, "ws://a:1"],
    ["then the environment", { env: { OPENCLAW_GATEWAY_URL: "ws://b:2" }, running }, "ws://b:2"],
    ["then the remote one in remote mode", { config: config(remote), running }, "wss://vps.example"],
    ["then where the running gateway really listens", { running }, "ws://100.64.0.7:19000"],
    [
      "then port and bind of the configuration",
      { config: config({ gateway: { port: 19100 } }) },
      "ws://127.0.0.1:19100",
    ],
    ["and 18789 on loopback at last", {}, "ws://127.0.0.1:18789"],
  ])("%s", (_name, options, url) => {
    expect(resolveTarget({ env: {}, config: config({}), running: null, ...options }).url).toBe(url);
  });

  it("reaches a gateway on all addresses through loopback", () => {
    expect(gatewayUrl({ host: "0.0.0.0", port: 1, tls: false })).toBe("ws://127.0.0.1:1");
    expect(gatewayUrl({ host: "::", port: 1, tls: true })).toBe("wss://[::1]:1");
  });

  it.each([
    ["ws://127.0.0.1:1", true],
    ["ws://localhost", true],
    ["ws://[::1]:5", true],
    ["ws://127.0.0.1.example.com", false],
    ["ws://localhost.example.com", false],
    ["nonsense", false],
  ])("knows loopback: %s", (url, loopback) => {
    expect(isLoopbackUrl(url)).toBe(loopback);
  });
});

describe("which credentials are sent", () => {
  const local = {
    gateway: {
      auth: { token: "local-secret" },
      remote: { url: "wss://vps.example", token: "remote-secret" },
    },
  };
  const tokenFor = (url: string, env: Record<string, string> = {}) => {
    const target = resolveTarget({ url, env: {}, config: config(local), running: null });
    return resolveCredentials({ target, env, config: config(local) }).token?.reveal() ?? null;
  };

  it("prefers the environment, then what belongs to the address", () => {
    expect(tokenFor("ws://127.0.0.1:18789", { OPENCLAW_GATEWAY_TOKEN: "env-secret" })).toBe("env-secret");
    expect(tokenFor("ws://127.0.0.1:18789")).toBe("local-secret");
    expect(tokenFor("wss://vps.example")).toBe("remote-secret");
  });

  it("never sends a configured secret to another address", () => {
    expect(tokenFor("wss://evil.example")).toBeNull();
    expect(tokenFor("ws://vps.example")).toBeNull();
    expect(tokenFor("wss://vps.example:444")).toBeNull();
    expect(tokenFor("ws://127.0.0.1.evil.example:18789")).toBeNull();
  });

  it("describes them without showing them", () => {
    expect(describeAuth(config(local), {})).toBe("token (configured)");
    expect(describeAuth(config({}), {})).toBe("token (not configured)");
    expect(describeAuth(config({ gateway: { auth: { mode: "password", password: "p" } } }), {})).toBe(
      "password (configured)",
    );
  });
});
