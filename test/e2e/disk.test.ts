// A state directory that cannot be written: read-only, full, then free again (section 9).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
const reason = canMount ? "" : " (skipped: needs root and mount namespaces)";

let home: E2eHome;
beforeEach(() => (home = createHome({ config: baseConfig })));
afterEach(() => home[Symbol.asyncDispose]());

/** Runs the program with a file system of its own over the state directory, which goes away with the process. */
function mounted(script: string): string[] {
  return ["unshare", "-m", "sh", "-c", `${script} && exec "$@"`, "_"];
}

describe.skipIf(!canMount)(`a small disk of its own${reason}`, () => {
  const stateOf = (gateway: { pid: number }) => join("/proc", String(gateway.pid), "root", home.stateDir);
  const small = () =>
    mounted(
      `cp "${home.configPath}" "${home.dir}/kept" && mount -t tmpfs -o size=24m,mode=0700 tmpfs "${home.stateDir}" && cp "${home.dir}/kept" "${home.configPath}"`,
    );

  test("full: what is refused says why and how to go on; after room is made everything works, nothing is lost", async () => {
    const gateway = await home.gateway({ wrapper: small() });
    const client = await signIn(gateway);
    const say = (message: string, key: string) =>
      client.request("chat.send", { sessionKey: "main", message, idempotencyKey: key });
    expect(await say("Reply with: before", "k-before")).toMatchObject({ ok: true });
    await client.event("chat", (payload) => payload["runId"] === "k-before" && payload["state"] === "final");

    const filler = join(stateOf(gateway), "filler");
    fill(filler);
    const refused = await until(async () => {
      const answer = await say("Reply with: during", `k-during-${performance.now()}`);
      return answer["ok"] === false ? answer : null;
    });
    expect(refused.error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(refused.error?.["message"]).toMatch(/no space left|disk is full/);
    // What only reads goes on.
    expect(await client.ask("health")).toMatchObject({ ok: true });
    const history = await client.ask("chat.history", { sessionKey: "main" });
    expect(JSON.stringify(history)).toContain("before");

    rmSync(filler);
    const key = "k-after";
    await until(async () => (await say("Reply with: after", key))["ok"] === true, { timeoutMs: 15_000 });
    await client.event("chat", (payload) => payload["runId"] === key && payload["state"] === "final");
    const lines = readFileSync(join(stateOf(gateway), "agents/main/sessions/main.jsonl"), "utf8")
      .trim()
      .split("\n");
    expect(lines.every((line) => typeof (JSON.parse(line) as { role?: unknown }).role === "string")).toBe(
      true,
    );
    expect(lines.filter((line) => line.includes("before")).length).toBeGreaterThanOrEqual(2);
    expect((await gateway.stop()).status).toBe(0);
  }, 40_000);

  test("full while the configuration is written: refused, the file is whole", async () => {
    // One process in the namespace does it all: fill the disk, then set.
    const wrapper = mounted(
      `cp "${home.configPath}" "${home.dir}/kept" && mount -t tmpfs -o size=200k,mode=0700 tmpfs "${home.stateDir}" && cp "${home.dir}/kept" "${home.configPath}" && (dd if=/dev/zero of="${home.stateDir}/filler" bs=1k 2>/dev/null || true) && (sh -c '"$@"; echo "status $?" >>"$0"; cat "${home.configPath}" >>"$0"' "${home.dir}/result" "$@" 2>>"${home.dir}/result"; true) && set -- true`,
    );
    expect((await home.cli(["config", "set", "gateway.port", "18801"], { wrapper })).status).toBe(0);
    const result = readFileSync(join(home.dir, "result"), "utf8");
    expect(result).toMatch(/error: .*no space left on the device/);
    expect(result).toMatch(/hint: free some space/);
    expect(result).toContain("status 1");
    expect(result.slice(result.indexOf("status 1\n") + 9)).toBe(readFileSync(join(home.dir, "kept"), "utf8"));
  });

  test("read-only: refused in one line with a way out; looking still works", async () => {
    const wrapper = mounted(
      `mount --bind "${home.stateDir}" "${home.stateDir}" && mount -o remount,ro,bind "${home.stateDir}"`,
    );
    for (const argv of [["gateway"], ["config", "set", "gateway.port", "18801"], ["setup"]]) {
      const refused = await home.cli(argv, { wrapper });
      expect(refused.status, argv.join(" ")).toBe(1);
      expect(refused.stderr).toMatch(/error: .*(read-only)/i);
      expect(refused.stderr).toMatch(/hint: .*OPENCLAW_STATE_DIR/);
      expect(refused.stderr).not.toMatch(/^\s+at /m);
    }
    for (const argv of [
      ["config", "get", "gateway.port"],
      ["status"],
      ["sessions"],
      ["config", "validate"],
      ["why", "nothing"],
    ])
      expect((await home.cli(argv, { wrapper })).stderr).not.toMatch(/^\s+at /m);
    const port = await home.cli(["config", "get", "gateway.port"], { wrapper });
    expect(port).toMatchObject({ status: 0, stdout: "18789\n" });
    const status = await home.cli(["status"], { wrapper });
    expect(status.stdout).toMatch(/Gateway:/);
    expect(JSON.parse(readFileSync(home.configPath, "utf8"))).toEqual(baseConfig);
  });
});

test("a file where the state directory should be is named", async () => {
  const path = join(home.dir, "plain-file");
  writeFileSync(path, "mine");
  const refused = await home.cli(["gateway", "--allow-unconfigured"], { env: { OPENCLAW_STATE_DIR: path } });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(path);
  expect(refused.stderr).toMatch(/hint: /);
  expect(readFileSync(path, "utf8")).toBe("mine");
  const inside = join(path, "deeper");
  expect((await home.cli(["setup"], { env: { OPENCLAW_STATE_DIR: inside } })).stderr).toMatch(
    /error: .*plain-file/,
  );
});

test("a damaged database is not overwritten; the way out is named", async () => {
  const first = await home.gateway();
  expect((await first.stop()).status).toBe(0);
  const ledger = join(home.stateDir, "ledger.sqlite");
  expect(existsSync(ledger)).toBe(true);
  for (const tail of ["-wal", "-shm"]) rmSync(`${ledger}${tail}`, { force: true });
  writeFileSync(ledger, "this is no database, but it may be evidence");
  const refused = await home.cli(["gateway"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("ledger.sqlite");
  expect(refused.stderr).toMatch(/hint: /);
  expect(refused.stderr).not.toMatch(/^\s+at /m);
  expect(readFileSync(ledger, "utf8")).toBe("this is no database, but it may be evidence");
});

/** Takes all the room of the file system `path` is on. */
function fill(path: string): void {
  spawnSync("dd", ["if=/dev/zero", `of=${path}`, "bs=4096"], { stdio: "ignore" });
}
