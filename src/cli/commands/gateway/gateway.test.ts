import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeGateway, type FakeGateway } from "../../../../test/fakes/gateway.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

const health = {
  ok: true,
  ts: 1,
  durationMs: 2,
  version: "2026.11.21",
  uptime: 9240,
  uptimeMs: 9_240_000,
  gateway: { port: 18789, bind: "loopback", auth: "token" },
  channels: { telegram: { configured: true, running: true }, whatsapp: { configured: true, linked: false } },
  models: { primary: "anthropic/claude-opus-4-6" },
  defaultAgentId: "main",
  agents: [{ agentId: "main", isDefault: true, sessions: { count: 3 } }],
};

let cli: CliHome;
let gateway: FakeGateway;
beforeEach(async () => {
  cli = createCliHome();
  gateway = await startFakeGateway({
    token: "test-token",
    methods: {
      health: () => health,
      "sessions.list": ({ params }) => ({ echo: params }),
      agent: ({ early }) => {
        early({ status: "accepted" });
        return { status: "ok", result: {} };
      },
      broken: () => Promise.reject({ code: "UNAVAILABLE", message: "the node is away" }),
    },
  });
  cli.configure({ gateway: { mode: "local", port: gateway.port, auth: { token: "test-token" } } });
});
afterEach(async () => {
  await gateway.close();
  cli.remove();
});

/** The port differs in every run. */
const steady = (text: string) =>
  text
    .replaceAll(String(gateway.port), "18789")
    .replace(/ok \(\d+ms\)/, "ok (142ms)")
    .replace(/"probeLatencyMs": \d+/, '"probeLatencyMs": 142');

/** Nothing listens there: port 1 of loopback. */
const nowhere = ["--url", "ws://127.0.0.1:1"];

describe("gateway call", () => {
  it("prints the answer as JSON and nothing else", async () => {
    const { status, stdout, stderr } = await cli.run([
      "gateway",
      "call",
      "sessions.list",
      "--params",
      '{"limit": 5}',
      "--json",
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({ echo: { limit: 5 } });
  });

  it("sends its own --url and --token", async () => {
    const { status } = await cli.run(
      ["gateway", "call", "health", "--url", gateway.url, "--token", "test-token"],
      {
        env: { OPENCLAW_GATEWAY_TOKEN: "another" },
      },
    );
    expect(status).toBe(0);
    expect(gateway.connects.at(-1)).toMatchObject({
      role: "operator",
      client: { id: "cli", mode: "cli" },
      auth: { token: "test-token" },
    });
  });

  it("waits for the second answer with --expect-final", async () => {
    const { stdout } = await cli.run(["gateway", "call", "agent", "--expect-final"]);
    expect(JSON.parse(stdout)).toEqual({ status: "ok", result: {} });
  });

  it("refuses parameters that are no JSON object", async () => {
    const wrong = await cli.run(["gateway", "call", "health", "--params", "{limit: 5}"]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/^error: --params is not JSON: .*\nhint: quote it for the shell/);
    expect((await cli.run(["gateway", "call", "health", "--params", "[1]"])).status).toBe(2);
    expect(gateway.calls).toEqual([]);
  });

  it("passes the gateway's own error on", async () => {
    expect(await cli.run(["gateway", "call", "broken"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "error: the node is away\n",
    });
    const { stdout } = await cli.run(["gateway", "call", "nonesuch", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: "INVALID_REQUEST", message: "unknown method: nonesuch" },
    });
  });

  it("says unauthorized and where the credentials came from", async () => {
    const { status, stderr } = await cli.run(["gateway", "call", "health"], {
      env: { OPENCLAW_GATEWAY_TOKEN: "wrong" },
    });
    expect({ status, stderr }).toMatchInlineSnapshot(`
      {
        "status": 1,
        "stderr": "error: unauthorized: Invalid authentication token
      hint: the credentials came from OPENCLAW_GATEWAY_TOKEN; compare with \`openclaw config get gateway.auth.token\` on the gateway's machine
      ",
      }
    `);
  });

  it("says what to do when nothing listens", async () => {
    const { status, stderr } = await cli.run(["gateway", "call", "health", ...nowhere]);
    expect({ status, stderr }).toMatchInlineSnapshot(`
      {
        "status": 1,
        "stderr": "error: cannot reach the gateway at ws://127.0.0.1:1: nothing listens there
      hint: start it with \`openclaw gateway\`, or see \`openclaw gateway status\`
      ",
      }
    `);
  });
});

describe("gateway probe", () => {
  it("prints three lines and ends with 0", async () => {
    const { status, stdout, stderr } = await cli.run(["gateway", "probe"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "Gateway probe: ok (142ms)
      WS URL: ws://127.0.0.1:18789
      Auth: token (configured)
      "
    `);
  });

  it("ends with 1 when the gateway cannot be reached", async () => {
    const { status, stdout, stderr } = await cli.run(["gateway", "probe", ...nowhere]);
    expect({ status, stdout, stderr }).toMatchInlineSnapshot(`
      {
        "status": 1,
        "stderr": "cannot reach the gateway at ws://127.0.0.1:1: nothing listens there
      hint: start it with \`openclaw gateway\`, or see \`openclaw gateway status\`
      ",
        "stdout": "Gateway probe: failed
      WS URL: ws://127.0.0.1:1
      Auth: token (configured)
      ",
      }
    `);
  });

  it("ends with 1 in JSON too", async () => {
    const { status, stdout } = await cli.run(["gateway", "probe", "--json", ...nowhere]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      probe: "failed",
      error: { code: "GATEWAY_UNREACHABLE" },
    });
  });

  it("uses mode probe with admin scope only, as existing gateways expect", async () => {
    await cli.run(["gateway", "probe"]);
    expect(gateway.connects.at(-1)).toMatchObject({ client: { mode: "probe" }, scopes: ["operator.admin"] });
  });
});

describe("gateway status", () => {
  const lock = () => {
    const info = {
      pid: process.pid,
      version: "2026.11.21",
      port: gateway.port,
      host: "127.0.0.1",
      profile: "default",
      configPath: "x",
      stateDir: cli.stateDir,
      createdAt: new Date().toISOString(),
      startTime: null,
    };
    writeFileSync(join(cli.stateDir, `gateway.${process.pid}.lock`), JSON.stringify(info));
  };

  it("prints the block of OUT-001", async () => {
    lock();
    const { status, stdout, stderr } = await cli.run(["gateway", "status"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(
      steady(stdout)
        .replace(String(process.pid), "12345")
        .replace(/Version: .*/, "Version:          V"),
    ).toMatchInlineSnapshot(`
      "Gateway Status
      --------------
      Runtime:          running
      RPC probe:        ok (142ms)
      Version:          V
      Uptime:           2h 34m
      PID:              12345
      Port:             18789
      Bind:             loopback (127.0.0.1)
      Auth:             token (configured)
      Config path:      ~/.openclaw/openclaw.json
      Probe target:     ws://127.0.0.1:18789
      Config (cli):     profile=default, port=18789, bind=loopback, path=~/.openclaw/openclaw.json
      Config (service): (no service installed)
      Last gateway error: (none)
      Service not installed
      "
    `);
  });

  it("is valid JSON with `.runtime` and `.probe` when nothing runs", async () => {
    const { status, stdout, stderr } = await cli.run([
      "gateway",
      "status",
      "--json",
      "--timeout",
      "10000",
      ...nowhere,
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      runtime: "stopped",
      probe: "failed",
      probeLatencyMs: null,
      auth: "token (configured)",
      config: { cli: { profile: "default", port: gateway.port, bind: "loopback" } },
      probeError: { code: "GATEWAY_UNREACHABLE" },
    });
  });

  it("is running and ok when the lock holder answers", async () => {
    lock();
    const { stdout } = await cli.run(["gateway", "status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      runtime: "running",
      probe: "ok",
      pid: process.pid,
      lastError: null,
    });
  });

  it("does not ask with --no-probe", async () => {
    lock();
    const { stdout } = await cli.run(["gateway", "status", "--no-probe"]);
    expect(stdout).toContain("RPC probe:        skipped");
    expect(gateway.connects).toEqual([]);
  });

  it("shows the newest error of the log when the gateway does not answer", async () => {
    const logs = join(cli.stateDir, "logs");
    mkdirSync(logs);
    const record = (level: string, message: string) =>
      JSON.stringify({
        "0": '{"subsystem":"gateway"}',
        "1": message,
        _meta: { logLevelName: level },
        time: "x",
      });
    writeFileSync(join(logs, "openclaw-2026-11-20.log"), `${record("ERROR", "an old one")}\n`);
    writeFileSync(
      join(logs, "openclaw-2026-11-21.log"),
      `${record("ERROR", "refusing to bind")}\n${record("INFO", "after")}\n{"torn`,
    );
    const { stdout } = await cli.run(["gateway", "status", ...nowhere]);
    expect(stdout).toMatch(/^Last gateway error: .*refusing to bind$/m);
  });
});

describe("health", () => {
  it("prints the documented keys first", async () => {
    const { status, stdout } = await cli.run(["health", "--json"]);
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(answer).slice(0, 6)).toEqual([
      "ok",
      "version",
      "uptime",
      "gateway",
      "channels",
      "models",
    ]);
    expect(answer).toMatchObject({
      ok: true,
      uptime: 9240,
      channels: { telegram: "connected", whatsapp: "disconnected" },
      models: { primary: "anthropic/claude-opus-4-6" },
    });
    expect((await cli.run(["gateway", "health", "--json"])).stdout).toBe(stdout);
  });

  it("prints a summary for people", async () => {
    expect((await cli.run(["health"])).stdout).toMatchInlineSnapshot(`
      "Gateway:          ok (2ms)
      Version:          2026.11.21
      Uptime:           2h 34m
      Model:            anthropic/claude-opus-4-6
      Channels:         telegram connected, whatsapp disconnected
      Agents:           main [default] (3 sessions)
      "
    `);
  });

  it("asks for live checks with --deep", async () => {
    await cli.run(["health", "--deep"]);
    expect(gateway.calls.at(-1)).toEqual({ method: "health", params: { probe: true, deep: true } });
  });

  it("ends with 1 when the gateway is not healthy or not there", async () => {
    const down = await cli.run(["health", "--json", ...nowhere]);
    expect(down.status).toBe(1);
    expect(JSON.parse(down.stdout)).toMatchObject({ ok: false, error: { code: "GATEWAY_UNREACHABLE" } });
    health.ok = false;
    expect((await cli.run(["health"])).status).toBe(1);
    health.ok = true;
  });

  it("names target and config path with --verbose", async () => {
    const { stderr } = await cli.run(["health", "--verbose", ...nowhere]);
    expect(stderr).toContain("ws://127.0.0.1:1");
    expect(stderr).toContain(join(cli.stateDir, "openclaw.json"));
  });
});
