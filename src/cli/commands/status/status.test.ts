import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rememberCheck } from "../../../update/index.ts";
import { startFakeGateway, type FakeGateway } from "../../../../test/fakes/gateway.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
let gateway: FakeGateway | null;
beforeEach(() => {
  cli = createCliHome();
  gateway = null;
});
afterEach(async () => {
  await gateway?.close();
  cli.remove();
});

const health = {
  ok: true,
  version: "2026.11.21",
  uptimeMs: 9_240_000,
  channels: { webhook: { configured: true, running: true } },
  models: { primary: "builtin/offline" },
  agents: [{ agentId: "main", isDefault: true }],
};

async function start(): Promise<void> {
  gateway = await startFakeGateway({
    token: "test-token",
    methods: {
      health: () => health,
      status: () => ({ sessions: { count: 12 } }),
      "channels.status": () => ({
        channelAccounts: {
          webhook: [
            {
              accountId: "default",
              configured: true,
              running: false,
              lastError: "HTTP 500",
              lastInboundAt: Date.now() - 7_200_000,
              lastOutboundAt: null,
              lastProbeAt: Date.now() - 61_000,
              probe: { ok: false, elapsedMs: 3 },
            },
          ],
        },
      }),
      "models.status": () => ({ profiles: [{ profileId: "anthropic:default", state: "valid" }] }),
    },
  });
  cli.configure({ gateway: { mode: "local", port: gateway.port, auth: { token: "test-token" } } });
}

/** What differs from machine to machine and from run to run. */
const steady = (text: string) =>
  text
    .replaceAll(String(gateway?.port), "18789")
    .replace(/^OS: .*/m, "OS: …")
    .replace(/^OpenClaw [\d.]+/m, "OpenClaw V")
    .replace(/\(\d+ms\)/g, "(2ms)");

describe("openclaw status", () => {
  it("sums up installation and gateway", async () => {
    await start();
    const { status, stdout, stderr } = await cli.run(["status"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "OpenClaw V
      OS: …
      Profile:          default
      State dir:        ~/.openclaw
      Config:           ~/.openclaw/openclaw.json (valid)
      Auth:             token (configured)
      Gateway:          reachable at ws://127.0.0.1:18789 (2ms), version 2026.11.21, up 2h 34m
      Model:            builtin/offline
      Agents:           main
      Sessions:         12 sessions
      Channels:         webhook connected
      "
    `);
    expect(gateway?.calls.map(({ method }) => method).sort()).toEqual(["health", "status"]);
  });

  it("probes channels and models with --deep", async () => {
    await start();
    const { stdout } = await cli.run(["status", "--deep"]);
    expect(steady(stdout).split("\n").slice(11).join("\n")).toMatchInlineSnapshot(`
      "
      CHANNEL  ACCOUNT  STATE         RECEIVED  SENT   PROBED         ERROR
      webhook  default  disconnected  2h ago    never  failed 1m ago  HTTP 500

      PROFILE            STATE
      anthropic:default  valid
      "
    `);
  });

  it("works without a gateway and names the profile", async () => {
    cli.configure({ gateway: { port: 1 } });
    const { status, stdout } = await cli.run(["--profile", "main", "status"]);
    expect(status).toBe(0);
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "OpenClaw V
      OS: …
      Profile:          main
      State dir:        ~/.openclaw
      Config:           ~/.openclaw/openclaw.json (valid)
      Auth:             token (not configured)
      Gateway:          not running (nothing answers at ws://127.0.0.1:1)
      Model:            builtin/offline (none configured)
      hint: start it with \`openclaw gateway\`, or see \`openclaw gateway status\`
      "
    `);
    expect((await cli.run(["--dev", "status"])).stdout).toMatch(/^Profile: +dev$/m);
  });

  it("shows the last status page and its age when the gateway does not answer", async () => {
    cli.configure({ gateway: { port: 1 } });
    const at = Date.now() - 180_000;
    writeFileSync(
      join(cli.stateDir, "status.json"),
      JSON.stringify({ at, health, status: { sessions: { count: 4 } } }),
    );
    const { stdout } = await cli.run(["status"]);
    expect(stdout).toMatch(/^Gateway: +not running .*; last seen 3m ago$/m);
    expect(stdout).toMatch(/^Sessions: +4 sessions \(3m ago\)$/m);
    const json = JSON.parse((await cli.run(["status", "--json"])).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({
      asOf: at,
      gateway: { reachable: false },
      status: { sessions: { count: 4 } },
    });
    // It says nothing about a gateway elsewhere.
    const elsewhere = await cli.run(["--url", "ws://127.0.0.1:2", "status"]);
    expect(elsewhere.stdout).not.toMatch(/last seen|4 sessions/);
  });

  it("shows how the scheduled backups stand, without a gateway too", async () => {
    cli.configure({ gateway: { port: 1 } });
    const path = join(cli.stateDir, "backup-schedule.json");
    const at = Date.now() - 3 * 3_600_000;
    const record = {
      schedule: "every 1d",
      dueAt: at + 86_400_000,
      staleAt: at + 90_000_000,
      last: { at, path: "/b/a.tar.gz", bytes: 10, files: 2 },
      failure: null,
      archives: [],
    };
    writeFileSync(path, JSON.stringify(record));
    expect((await cli.run(["status"])).stdout).toMatch(/^Backup: +every 1d, last 3h ago$/m);
    writeFileSync(path, JSON.stringify({ ...record, staleAt: at + 1 }));
    expect((await cli.run(["status"])).stdout).toMatch(/^Backup: .*overdue/m);
    const failure = { at: Date.now(), code: "X", message: "no space left", times: 1 };
    writeFileSync(path, JSON.stringify({ ...record, failure }));
    expect((await cli.run(["status"])).stdout).toMatch(/^Backup: .*no space left$/m);
    writeFileSync(path, '{"schedule": 1');
    expect((await cli.run(["status"])).stdout).not.toContain("Backup");
  });

  it("names an update that was seen, and asks nobody for it", async () => {
    cli.configure({ gateway: { port: 1 } });
    expect((await cli.run(["status"])).stdout).not.toMatch(/^Update:/m);
    const at = Date.now() - 7_200_000;
    rememberCheck(cli.stateDir, { latest: "9999.1.1", channel: "latest", at });
    expect((await cli.run(["status"])).stdout).toMatch(
      /^Update: +9999\.1\.1 is available \(looked for 2h ago\): openclaw update$/m,
    );
    expect(JSON.parse((await cli.run(["status", "--json"])).stdout)).toMatchObject({
      update: { latest: "9999.1.1", at },
    });
    rememberCheck(cli.stateDir, { latest: "2000.1.1", channel: "latest", at });
    expect((await cli.run(["status"])).stdout).toMatch(/^Update: +none newer \(looked for 2h ago\)$/m);
    writeFileSync(join(cli.stateDir, "cache", "update-check.json"), '{"latest":');
    expect((await cli.run(["status"])).stdout).not.toMatch(/^Update:/m);
  });

  it("survives a torn status page", async () => {
    cli.configure({ gateway: { port: 1 } });
    writeFileSync(join(cli.stateDir, "status.json"), '{"at": 1');
    expect((await cli.run(["status"])).status).toBe(0);
  });

  it("never prints the token, in no form of output", async () => {
    await start();
    mkdirSync(join(cli.stateDir, "logs"));
    const record = JSON.stringify({
      "0": "{}",
      "1": "opened /?token=test-token",
      _meta: { logLevelName: "INFO" },
    });
    writeFileSync(join(cli.stateDir, "logs", "openclaw-2026-11-21.log"), `${record}\n`);
    expect((await cli.run(["status", "--all"])).stdout).toContain("opened /?token=");
    for (const argv of [
      ["status"],
      ["status", "--all"],
      ["status", "--json"],
      ["gateway", "status", "--json"],
    ])
      expect(JSON.stringify(await cli.run(argv))).not.toContain("test-token");
  });

  it("says unauthorized instead of not running when the token is wrong", async () => {
    await start();
    const { stdout } = await cli.run(["status"], { env: { OPENCLAW_GATEWAY_TOKEN: "wrong" } });
    expect(stdout).toMatch(/^Gateway: +unauthorized: /m);
  });
});
