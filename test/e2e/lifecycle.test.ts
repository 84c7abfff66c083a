// Start, refusal, restart and end of the gateway process (NET, PROF, SAFE, ERR).
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../torture/gateway-process.ts";
import { baseConfig, createHome, e2eToken, until, type E2eHome } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const homes: E2eHome[] = [];
const servers: Server[] = [];
const newHome = (config: object = baseConfig) => {
  const home = createHome({ config });
  homes.push(home);
  return home;
};
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

test("SIGTERM: clients hear `shutdown` before 1012, exit 0, the lock is gone", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const stopped = gateway.stop();
  expect(await client.event("shutdown")).toEqual({ reason: "gateway stopping", restartExpectedMs: null });
  expect(await client.closed).toEqual({ code: 1012, reason: "service restart" });
  expect((await stopped).status).toBe(0);
  expect(existsSync(join(home.stateDir, `gateway.${gateway.pid}.lock`))).toBe(false);
  expect(home.log().some((line) => line["1"] === "Gateway stopped")).toBe(true);
});

test("a second signal cuts the wait for a running turn short", async () => {
  const home = newHome({ ...baseConfig, tools: { exec: { security: "full", ask: "off" } } });
  const gateway = await home.gateway();
  const client = await signIn(gateway, { caps: ["tool-events"] });
  client.send({
    type: "req",
    id: "turn",
    method: "agent",
    params: { message: "run sleep 30", idempotencyKey: "slow", deliver: false },
  });
  await client.next((frame) => frame["id"] === "turn");
  await until(() => execRuns(gateway.pid), { what: "the command to run" });
  gateway.signal("SIGTERM");
  // Without a second signal the turn would be waited for; new work is refused meanwhile.
  await until(() => gateway.stderr().includes("stopping") || gateway.stdout().includes("stopping"));
  expect(gateway.child.exitCode).toBeNull();
  const second = performance.now();
  // A copy of the first that a wrapper passes on is the same key press; a person's second comes later.
  gateway.signal("SIGTERM");
  await until(() => gateway.stdout().includes("a second Ctrl-C leaves them for the next start"), {
    or: gateway,
  });
  const again = setInterval(() => gateway.signal("SIGTERM"), 500);
  expect((await gateway.ended.finally(() => clearInterval(again))).status).toBe(0);
  expect(performance.now() - second).toBeLessThan(6000);
  expect(execRuns(gateway.pid)).toBe(false);
}, 30_000);

/** Whether a `sleep 30` below the gateway is alive. */
function execRuns(pid: number): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.some((child) => /sleep\u0000?.*30/.test(readFileSync(`/proc/${child}/cmdline`, "utf8")));
  } catch {
    return false; // the process is gone
  }
}

test("gateway.drainSeconds bounds the wait for a running turn", async () => {
  const home = newHome({
    ...baseConfig,
    gateway: { ...baseConfig.gateway, drainSeconds: 1 },
    tools: { exec: { security: "full", ask: "off" } },
  });
  const gateway = await home.gateway();
  const client = await signIn(gateway, { caps: ["tool-events"] });
  client.send({
    type: "req",
    id: "turn",
    method: "agent",
    params: { message: "run sleep 30", idempotencyKey: "slow", deliver: false },
  });
  await client.next((frame) => frame["id"] === "turn");
  await until(() => execRuns(gateway.pid), { what: "the command to run" });
  const asked = performance.now();
  expect((await gateway.stop()).status).toBe(0);
  const took = performance.now() - asked;
  expect(took).toBeGreaterThan(900);
  expect(took).toBeLessThan(6000);
});

test("SIGUSR1 restarts in the process: same pid, settings read anew, clients told", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  home.configure({
    ...baseConfig,
    gateway: { ...baseConfig.gateway, auth: { mode: "token", token: "other-token-0123456789" } },
  });
  writeFileSync(join(home.stateDir, ".env"), "OPENCLAW_E2E=1\n", { mode: 0o600 });
  gateway.signal("SIGUSR1");
  expect(await client.event("shutdown")).toEqual({ reason: "gateway restarting", restartExpectedMs: 1500 });
  expect((await client.closed).code).toBe(1012);
  const again = await until(() => signIn(gateway, { token: "other-token-0123456789" }).catch(() => null), {
    or: gateway,
    what: "the gateway to come back",
  });
  expect(again.hello["server"]).toMatchObject({ connId: expect.any(String) as string });
  again.socket.terminate();
  await expect(signIn(gateway, { token: e2eToken })).rejects.toThrow(/unauthorized/);
  expect(gateway.child.exitCode).toBeNull();
  expect((await home.cli(["gateway", "status", "--json"])).stdout).toContain(`"pid": ${gateway.pid}`);
  expect((await gateway.stop()).status).toBe(0);
});

test("a reader of its output that goes away does not take the gateway along", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  gateway.child.stdout?.destroy();
  gateway.child.stderr?.destroy();
  for (let round = 0; round < 3; round++) {
    await expect(signIn(gateway, { token: "wrong" })).rejects.toThrow(/unauthorized/);
    expect(await (await signIn(gateway)).ask("health")).toMatchObject({ ok: true });
  }
  expect(gateway.child.exitCode).toBeNull();
  // A command that only prints ends quietly instead.
  const printing = home.spawn(["config", "schema"]);
  printing.child.stdout?.destroy();
  expect(await printing.ended).toMatchObject({ status: 0, stderr: "" });
  gateway.signal("SIGTERM");
  const code = await until(() => gateway.child.exitCode);
  expect(code).toBe(0);
});

test("one state directory has one gateway: the second is refused at once, also on another port", async () => {
  const home = newHome();
  const first = await home.gateway();
  const second = await home.cli(["gateway", "--port", String(await freePort())]);
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(
    new RegExp(`another gateway instance is already listening.*pid ${first.pid}.*port ${first.port}`, "s"),
  );
  expect(second.stderr).toMatch(/hint: .*kill/);
  // Beyond what a start needs that is refused before the lock; the fastest of three, as the machine may be busy.
  const fastest = async (env: Record<string, string>) => {
    let best = Infinity;
    for (let round = 0; round < 3; round++) {
      const { status, ms } = await home.cli(["gateway"], { env });
      expect(status).toBe(1);
      best = Math.min(best, ms);
    }
    return best;
  };
  const load = await fastest({ OPENCLAW_STATE_DIR: join(home.dir, "unconfigured") });
  expect((await fastest({})) - load).toBeLessThan(100);
  expect((await home.cli(["gateway", "probe"])).status).toBe(0);
  expect((await first.stop()).status).toBe(0);
});

test("a lock left by kill -9 keeps nobody out", async () => {
  const home = newHome();
  const first = await home.gateway();
  first.signal("SIGKILL");
  await first.ended;
  const next = await home.gateway();
  expect((await next.stop()).status).toBe(0);
});

test("a port that a stranger holds is named, with a way out", async () => {
  const stranger = createServer();
  servers.push(stranger);
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as { port: number };
  const home = newHome();
  const refused = await home.cli(["gateway", "--port", String(port)]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`127.0.0.1:${port}`);
  expect(refused.stderr).toContain("EADDRINUSE: address already in use");
  expect(refused.stderr).toMatch(/hint: .*--port/);
  // The refused start is what `status` shows afterwards (HID-013).
  const status = await home.cli(["gateway", "status"]);
  expect(status.stdout).toMatch(/Last gateway error:.*EADDRINUSE/);
});

test("a bind beyond loopback without a secret is refused with the documented line", async () => {
  const home = newHome({ gateway: { mode: "local", auth: { mode: "token" } } });
  const port = await freePort();
  for (const args of [["--bind", "lan"], []]) {
    if (args.length === 0)
      home.configure({ gateway: { mode: "local", bind: "lan", auth: { mode: "token" } } });
    const refused = await home.cli(["gateway", "--port", String(port), ...args]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      `refusing to bind gateway to 0.0.0.0:${port} without auth (refusing to bind lan without auth)`,
    );
    expect(refused.stderr).toMatch(/hint: openclaw config set gateway\.auth\.token/);
  }
  // A refusal must not have made a token that would let the next start through.
  expect(readFileSync(home.configPath, "utf8")).not.toContain('"token":');
});

test("remote mode and a missing mode block the start", async () => {
  const home = newHome({ gateway: { mode: "remote", remote: { url: "ws://127.0.0.1:1" } } });
  const remote = await home.cli(["gateway"]);
  expect(remote.status).toBe(1);
  expect(remote.stderr).toContain("Gateway start blocked: set gateway.mode=local");
  expect(remote.stderr).toMatch(/hint: .*openclaw config set gateway\.mode local/);
  home.configure({});
  const unset = await home.cli(["gateway"]);
  expect(unset.status).toBe(1);
  expect(unset.stderr).toContain("Gateway start blocked: set gateway.mode=local");
  const port = await freePort();
  const allowed = home.spawn(["gateway", "--port", String(port), "--allow-unconfigured"]);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok ?? null, {
    or: allowed,
  });
});

test("without HOME the state directory decides; without both the home of the account", async () => {
  const home = newHome();
  const env = { HOME: undefined, USERPROFILE: undefined, OPENCLAW_STATE_DIR: home.stateDir };
  const gateway = await home.gateway({ env });
  const health = await home.cli(["health", "--json"], { env });
  expect(health.status).toBe(0);
  expect(JSON.parse(health.stdout)).toMatchObject({ ok: true });
  expect((await gateway.stop()).status).toBe(0);
  const nowhere = await home.cli(["config", "path"], { env: { HOME: "/nonexistent/home" } });
  expect(nowhere.status).toBe(0);
  const start = await home.cli(["gateway", "--allow-unconfigured"], { env: { HOME: "/proc/nonexistent" } });
  expect(start.status).toBe(1);
  expect(start.stderr).toMatch(/error: .*\/proc\/nonexistent/);
  expect(start.stderr).toMatch(/hint: /);
  expect(start.stderr).not.toMatch(/^\s+at /m);
});

test("`status` with the gateway down shows the last page and how old it is", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  await (await signIn(gateway)).ask("health");
  expect((await gateway.stop()).status).toBe(0);
  const page = join(home.stateDir, "status.json");
  const old = { ...(JSON.parse(readFileSync(page, "utf8")) as object), at: Date.now() - 3 * 60_000 };
  writeFileSync(page, JSON.stringify(old));
  utimesSync(page, new Date(old.at), new Date(old.at));
  const down = await home.cli(["status"]);
  expect(down.stdout).toMatch(/Gateway:\s+.*(not reachable|unreachable|not running)/);
  expect(down.stdout).toMatch(/3m/);
  const json = await home.cli(["gateway", "status", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ runtime: "stopped", probe: "failed" });
  rmSync(page);
  expect((await home.cli(["status"])).stdout).toMatch(/Gateway:/);
});

test("two gateways with two state directories run side by side, under profiles too", async () => {
  const home = newHome();
  const other = join(home.dir, ".openclaw-work");
  const first = await home.gateway();
  const port = await freePort();
  const second = home.spawn(["--profile", "work", "gateway", "--port", String(port), "--setup"]);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok ?? null, {
    or: second,
  });
  const said = await home.cli(["--profile", "work", "agent", "--message", "remember that work is blue"]);
  expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining("work is blue") as string });
  expect(existsSync(join(other, "agents/main/sessions/main.jsonl"))).toBe(true);
  expect(existsSync(join(home.stateDir, "agents/main/sessions/main.jsonl"))).toBe(false);
  expect((await home.cli(["--profile", "work", "status"])).stdout).toMatch(/Profile:\s+work/);
  expect((await home.cli(["--dev", "--profile", "work", "status"])).status).toBe(2);
  expect((await home.cli(["--profile", "../etc", "status"])).status).toBe(2);
  second.signal("SIGTERM");
  expect((await second.ended).status).toBe(0);
  expect((await first.stop()).status).toBe(0);
});
