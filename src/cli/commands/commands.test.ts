// What the smaller commands send and print, against a gateway that answers as protocol.md 3 says.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeGateway, type FakeGateway } from "../../../test/fakes/gateway.ts";
import { createCliHome, type CliHome } from "../../../test/support/run-cli.ts";
import type { Clock } from "../../core/clock.ts";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const clock: Clock = {
  now: () => now,
  monotonic: () => 0,
  after: (ms, task) => (ms < 5000 ? after(task) : () => {}),
};
/** Short waits pass at once, time-outs never. */
function after(task: () => void): () => void {
  const timer = setImmediate(task);
  return () => clearImmediate(timer);
}

const logLine = (message: string, level = "INFO") =>
  JSON.stringify({
    "0": '{"subsystem":"gateway/ws"}',
    "1": message,
    _meta: { logLevelName: level },
    time: "2026-11-21T12:00:00.000Z",
    connId: "c-1",
  });

let cli: CliHome;
let gateway: FakeGateway;
let tails: Array<Record<string, unknown>>;
let onTail: () => void;
beforeEach(async () => {
  cli = createCliHome();
  tails = [];
  onTail = () => {};
  gateway = await startFakeGateway({
    methods: {
      "logs.tail": ({ params }) => {
        tails.push(params);
        onTail();
        const n = tails.length;
        return {
          file: "x",
          cursor: n * 10,
          size: 0,
          lines: [logLine(`line ${n}`, n > 1 ? "ERROR" : "INFO")],
          truncated: false,
          reset: false,
        };
      },
      "exec.approval.list": () => ({
        pending: [
          {
            id: "ap-1234",
            request: {
              command: "make deploy\n--now",
              cwd: "/srv",
              agentId: "main",
              sessionKey: "agent:main:main",
            },
            createdAtMs: now,
            expiresAtMs: now + 90_000,
          },
          { id: "ap-5678", request: { command: "ls" }, createdAtMs: now, expiresAtMs: now + 90_000 },
        ],
      }),
      "exec.approval.resolve": () => ({ ok: true }),
      "device.pair.list": () => ({
        pending: [
          {
            requestId: "bc4ed6dc-1",
            deviceId: "d1",
            displayName: "Phone\u001b[2J",
            platform: "ios",
            remoteIp: "10.0.0.9",
            role: "operator",
            ts: now - 60_000,
          },
        ],
        paired: [
          {
            deviceId: "8a5a7237f00d8a5a7237",
            displayName: "Laptop",
            platform: "linux",
            roles: ["operator"],
            scopes: ["operator.admin"],
            tokens: [{ role: "operator", revokedAtMs: 5 }],
          },
        ],
      }),
      "device.pair.approve": ({ params }) => ({ ...params, device: {} }),
      "device.token.rotate": ({ params }) => ({ ...params, token: "0123456789abcdef0123456789abcdef" }),
      "node.list": () => ({
        ts: now,
        nodes: [
          {
            nodeId: "2baba1fe2baba1fe2b",
            displayName: "builder",
            platform: "linux",
            caps: ["system"],
            commands: [],
            connected: true,
            paired: true,
            connectedAtMs: now - 3_600_000,
          },
        ],
      }),
      "node.invoke": ({ params }) => ({ ok: true, payload: { ran: params.command } }),
      "system-presence": () => [
        {
          host: "ash-3",
          mode: "gateway",
          reason: "self",
          version: "2026.11.21",
          platform: "linux",
          text: "Gateway",
          ts: now - 1000,
        },
      ],
      "last-heartbeat": () => null,
      wake: () => ({ ok: true }),
      "agents.list": () => ({ defaultId: "main", agents: [{ id: "main", name: "Main" }] }),
      "channels.status": () => ({ channelAccounts: {} }),
      "cron.list": () => ({
        jobs: [
          {
            id: "905b403e-aaaa",
            name: "brief",
            enabled: true,
            schedule: { kind: "cron", expr: "0 7 * * *", tz: "Europe/Berlin" },
            state: { nextRunAtMs: now + 7_200_000, lastStatus: "ok", lastRunAtMs: now - 86_400_000 },
          },
          {
            id: "11111111-bbbb",
            name: "check",
            enabled: false,
            schedule: { kind: "every", everyMs: 1_800_000 },
            state: {},
          },
        ],
      }),
      "cron.add": ({ params }) => ({ id: "new-job", ...params, state: { nextRunAtMs: now + 1_200_000 } }),
      "cron.run": () => ({ ok: true, ran: true }),
      "cron.runs": () => ({ entries: [] }),
      send: ({ params }) => ({ runId: params.idempotencyKey, messageId: "m-1", channel: "webhook" }),
      "sessions.reset": () => ({ ok: true, key: "agent:main:main" }),
    },
  });
  cli.configure({ gateway: { port: gateway.port } });
});
afterEach(async () => {
  await gateway.close();
  cli.remove();
});

const run = (...argv: string[]) => cli.run(argv, { clock });
const sent = (method: string) =>
  gateway.calls.filter((call) => call.method === method).map(({ params }) => params);

describe("logs", () => {
  it("prints one plain line per record", async () => {
    const { stdout } = await run("logs", "--limit", "50");
    expect(stdout).toMatch(/^\d\d:00:00 info {2}gateway\/ws line 1 connId=c-1\n$/);
    expect(tails).toEqual([{ limit: 50, maxBytes: 250_000 }]);
  });

  it("prints records as they are stored with --json, and takes --tail for --limit", async () => {
    expect((await run("logs", "--tail", "7", "--json")).stdout).toBe(`${logLine("line 1")}\n`);
    expect(tails[0]).toMatchObject({ limit: 7 });
  });

  it("follows with the cursor until Ctrl-C", async () => {
    const controller = new AbortController();
    onTail = () => {
      if (tails.length === 3) controller.abort();
    };
    const { status, stdout } = await cli.run(["logs", "--follow", "--plain"], {
      signal: controller.signal,
      clock,
    });
    expect(status).toBe(130);
    expect(tails.map(({ cursor }) => cursor)).toEqual([undefined, 10, 20]);
    expect(stdout).toContain("line 2");
  });

  it("prints what the file holds and names it when the gateway is down", async () => {
    cli.configure({ gateway: { port: 1 } });
    expect((await run("logs")).stderr).toContain("there is no log file in ~/.openclaw/logs yet");
    mkdirSync(join(cli.stateDir, "logs"));
    writeFileSync(join(cli.stateDir, "logs", "openclaw-2026-11-21.log"), `${logLine("last words")}\n`);
    const { status, stdout, stderr } = await run("logs");
    expect(status).toBe(1);
    expect(stdout).toContain("last words");
    expect(stderr).toContain("hint: the log file is ~/.openclaw/logs/openclaw-2026-11-21.log");
    // Another machine's gateway has its log there.
    const remote = await run("--url", "ws://127.0.0.1:1", "logs");
    expect(remote).toMatchObject({ status: 1, stdout: "" });
    expect(remote.stderr).not.toContain("log file");
  });
});

describe("approvals", () => {
  it("are listed with their whole commands", async () => {
    expect((await run("approvals", "list")).stdout).toMatchInlineSnapshot(`
      "ap-1234
          make deploy
          --now
        In:             /srv
        Agent:          main
        Session:        agent:main:main
        Expires:        in 1m 30s

      ap-5678
          ls
        In:             -
        Agent:          -
        Session:        -
        Expires:        in 1m 30s
      "
    `);
  });

  it("are answered by the beginning of their id", async () => {
    expect((await run("approvals", "approve", "ap-12")).stdout).toBe("Allowed: make deploy\n--now\n");
    expect((await run("approvals", "approve", "ap-12", "--always")).status).toBe(0);
    expect((await run("approvals", "deny", "ap-5678")).stdout).toBe("Denied: ls\n");
    expect(sent("exec.approval.resolve")).toEqual([
      { id: "ap-1234", decision: "allow-once" },
      { id: "ap-1234", decision: "allow-always" },
      { id: "ap-5678", decision: "deny" },
    ]);
  });

  it("are never answered by guessing", async () => {
    expect((await run("approvals", "approve", "ap-")).stderr).toContain(
      '"ap-" is the beginning of 2 requests',
    );
    expect((await run("approvals", "approve", "nope")).stderr).toContain("no request");
    expect(sent("exec.approval.resolve")).toEqual([]);
  });
});

describe("devices and nodes", () => {
  it("list devices with what they may do, escaped", async () => {
    expect((await run("devices", "list")).stdout).toMatchInlineSnapshot(`
      "Waiting for approval
      REQUEST     NAME          PLATFORM  FROM      ROLE      ASKED
      bc4ed6dc-1  Phone\\x1b[2J  ios       10.0.0.9  operator  1m ago
      Let one in with \`openclaw devices approve <request>\`.

      Paired
      DEVICE            NAME    PLATFORM  ROLES     SCOPES  TOKENS
      8a5a7237f00d8a5a  Laptop  linux     operator  admin   operator (revoked)
      "
    `);
  });

  it("approve and rotate by unambiguous beginning", async () => {
    expect((await run("devices", "approve", "bc4e")).stdout).toBe("Approved bc4ed6dc-1.\n");
    expect((await run("devices", "rotate", "8a5a")).stdout).toBe("0123456789abcdef0123456789abcdef\n");
    expect(sent("device.token.rotate")).toEqual([{ deviceId: "8a5a7237f00d8a5a7237", role: "operator" }]);
    expect((await run("devices", "approve", "zzz")).stderr).toContain("hint: openclaw devices list");
  });

  it("list nodes and invoke by name", async () => {
    expect((await run("nodes", "list")).stdout).toMatchInlineSnapshot(`
      "NODE              NAME     PLATFORM  STATE      SINCE   CAPS
      2baba1fe2baba1fe  builder  linux     connected  1h ago  system
      "
    `);
    const { stdout } = await run(
      "nodes",
      "invoke",
      "builder",
      "system.which",
      "--params",
      '{"bins":["git"]}',
    );
    expect(JSON.parse(stdout)).toEqual({ ran: "system.which" });
    expect(sent("node.invoke")[0]).toMatchObject({ nodeId: "2baba1fe2baba1fe2b", params: { bins: ["git"] } });
  });
});

describe("system, agents, channels", () => {
  it("print presence, heartbeats and events", async () => {
    expect((await run("system", "presence")).stdout).toMatchInlineSnapshot(`
      "HOST   MODE     VERSION     PLATFORM  REASON  SEEN    EVENT
      ash-3  gateway  2026.11.21  linux     self    1s ago  Gateway
      "
    `);
    expect((await run("system", "heartbeat", "last")).stdout).toBe("No heartbeat yet.\n");
    expect((await run("system", "event", "--text", "done", "--mode", "now")).stdout).toBe("ok\n");
    expect(sent("wake")).toEqual([{ mode: "now", text: "done" }]);
  });

  it("list agents from the configuration, or from the gateway of --url", async () => {
    expect((await run("agents", "list")).stdout).toMatch(/^main \(default\)/m);
    expect(gateway.calls).toEqual([]);
    expect((await run("--url", gateway.url, "agents")).stdout).toContain("Main");
  });

  it("say that no channel is there, with exit status 0", async () => {
    expect(await run("channels", "status", "--probe")).toMatchObject({
      status: 0,
      stdout: "No channels are configured.\n",
    });
    expect(sent("channels.status")).toEqual([{ probe: true, timeoutMs: 10_000 }]);
  });
});

describe("cron", () => {
  it("lists jobs with schedule and next run", async () => {
    expect((await run("cron", "list", "--all")).stdout).toMatchInlineSnapshot(`
      "JOB       NAME   SCHEDULE                   NEXT      LAST
      905b403e  brief  0 7 * * * (Europe/Berlin)  in 2h     ok 1d ago
      11111111  check  every 30m                  disabled  never
      "
    `);
  });

  it("adds a job with the documented shape", async () => {
    const { stdout } = await run("cron", "add", "--name", "call", "--at", "20m", "--message", "remind me");
    expect(sent("cron.add")).toEqual([
      {
        name: "call",
        enabled: true,
        schedule: { kind: "at", at: new Date(now + 1_200_000).toISOString() },
        sessionTarget: "isolated",
        payload: { kind: "agentTurn", message: "remind me" },
      },
    ]);
    expect(stdout).toBe("Added call (new-job): at 2026-11-21T12:20:00.000Z, next in 20m\n");
    const told = ["cron", "add", "--name", "tell", "--every", "1h", "--system-event", "look"];
    await run(...told);
    await run(...told, "--wake", "next-heartbeat");
    expect(sent("cron.add").slice(1)).toMatchObject([{ wakeMode: "now" }, { wakeMode: "next-heartbeat" }]);
  });

  it.each([
    [["--every", "10x", "--message", "m"], '--every "10x" is not understood'],
    [["--message", "m"], "when should it run?"],
    [["--every", "1m", "--cron", "* * * * *", "--message", "m"], "--every and --cron exclude each other"],
    [["--every", "1m"], "give one of --message and --system-event"],
  ])("refuses %j", async (argv, message) => {
    expect(await run("cron", "add", "--name", "n", ...argv)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message) as string,
    });
    expect(sent("cron.add")).toEqual([]);
  });

  it("finds jobs by name", async () => {
    expect((await run("cron", "run", "brief")).stdout).toBe("Ran brief.\n");
    expect(sent("cron.run")).toEqual([{ id: "905b403e-aaaa", mode: "force" }]);
    expect((await run("cron", "run", "bref")).status).toBe(1);
  });
});

describe("message, sessions and dashboard", () => {
  it("send once per key", async () => {
    const { stdout } = await run(
      "message",
      "send",
      "--target",
      "+1234567890",
      "--message",
      "Test",
      "--idempotency-key",
      "k",
    );
    expect(stdout).toBe("Sent to +1234567890 on webhook (message m-1)\n");
    expect(sent("send")).toEqual([{ to: "+1234567890", message: "Test", idempotencyKey: "k" }]);
    expect((await run("message", "send", "--message", "x")).status).toBe(2);
  });

  it("reset through the gateway", async () => {
    expect((await run("sessions", "reset", "main")).stdout).toContain("Reset agent:main:main");
    expect(sent("sessions.reset")).toEqual([{ key: "main" }]);
  });

  it("print the address of the page with the real token", async () => {
    cli.configure({ gateway: { auth: { token: "abc123" } } });
    expect(await run("dashboard", "--no-open")).toEqual({
      status: 0,
      stdout: "http://127.0.0.1:18789/?token=abc123\n",
      stderr: "The gateway is not running: start it with `openclaw gateway`.\n",
    });
  });
});
