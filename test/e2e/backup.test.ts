// Backups of a gateway that is at work, and what a machine does with them: with our command and with plain tar.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { freePort } from "../torture/gateway-process.ts";
import { signIn } from "../support/e2e-socket.ts";

let home: E2eHome;
let other: E2eHome;
beforeEach(() => {
  home = createHome({ config: baseConfig });
  other = createHome({ dir: mkdtempSync(join(tmpdir(), "openclaw-e2e-")) });
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const answersReady = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false; // not listening yet
  }
};

const lines = (of: E2eHome) =>
  readFileSync(join(of.stateDir, "agents/main/sessions/main.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { role: string; content: unknown });

/** Sends numbered messages until it is told to stop; returns how many were accepted. */
function chatter(gateway: Gateway): { accepted(): number; stop(): Promise<void> } {
  let accepted = 0;
  let isStopped = false;
  const work = (async () => {
    const client = await signIn(gateway);
    for (let n = 1; !isStopped;) {
      const params = { sessionKey: "main", message: `message ${n}`, idempotencyKey: `k${n}` };
      // Refused while many wait: the same one is tried again.
      if ((await client.request("chat.send", params)).ok === true) accepted = n++;
    }
    client.socket.terminate();
  })();
  return {
    accepted: () => accepted,
    async stop() {
      isStopped = true;
      await work;
    },
  };
}

const messagesOf = (of: E2eHome) =>
  lines(of)
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => JSON.stringify(content).match(/message \d+/g) ?? []);

test("a backup of a busy gateway boots elsewhere, quiet until it is released", async () => {
  const gateway = await home.gateway();
  const talk = chatter(gateway);
  await until(() => talk.accepted() >= 5);
  const file = join(home.dir, "b.tar.gz");
  const made = await home.cli(["backup", "create", "--output", file]);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  await talk.stop();
  gateway.signal("SIGKILL");
  await gateway.ended;

  expect(await other.cli(["backup", "verify", file])).toMatchObject({ status: 0 });
  expect(await other.cli(["backup", "restore", file])).toMatchObject({ status: 0, stderr: "" });
  const quiet = await other.gateway();
  const status = JSON.parse((await other.cli(["status", "--json"])).stdout) as {
    status: { safeMode: unknown };
  };
  expect(status.status.safeMode).toMatchObject({ by: "restore" });
  const refused = await other.cli(["backup", "release", "--yes"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("already listening");
  await quiet.stop();

  expect(await other.cli(["backup", "release", "--yes"])).toMatchObject({ status: 0 });
  const loud = await other.gateway();
  // Refused, with the reason, while the conversation is still full of what was released.
  await until(
    async () => {
      const said = await other.cli(["agent", "--message", "are you back?"]);
      if (said.status !== 0) expect(said.stderr).toContain("already wait");
      return said.status === 0;
    },
    { or: loud },
  );
  const client = await signIn(loud);
  expect(await client.ask("status", {})).toMatchObject({ safeMode: null });
  client.socket.terminate();
  await loud.stop();
  // Every message once and in order, up to the moment of the backup.
  const kept = messagesOf(other);
  expect(kept).toEqual(kept.map((_, index) => `message ${index + 1}`));
  expect(kept.length).toBeGreaterThanOrEqual(5);
  expect(lines(other).at(-1)?.role).toBe("assistant");
});

test("the documents' tar, made of a busy gateway that is killed meanwhile, boots elsewhere", async () => {
  const gateway = await home.gateway();
  const talk = chatter(gateway);
  await until(() => talk.accepted() >= 5);
  const file = join(home.dir, "openclaw-backup.tar.gz");
  const packed = spawnSync("tar", ["-C", home.dir, "-czf", file, ".openclaw"], { encoding: "utf8" });
  // GNU tar ends with 1 when a file grew while it was read; the archive is complete all the same.
  expect(packed.status, packed.stderr).toBeLessThanOrEqual(1);
  await talk.stop();
  gateway.signal("SIGKILL");
  await gateway.ended;

  mkdirSync(other.dir, { recursive: true });
  expect(spawnSync("tar", ["-C", other.dir, "-xzf", file], { encoding: "utf8" }).stderr).toBe("");
  const restored = await other.gateway();
  expect(await other.cli(["agent", "--message", "are you back?"])).toMatchObject({ status: 0 });
  await restored.stop();
  const kept = messagesOf(other);
  expect(kept.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((n) => `message ${n}`));
  expect(new Set(kept).size).toBe(kept.length);
  expect(readdirSync(other.stateDir)).not.toContain("restore-hold.json");
});

test("restore --boot: one command to a running gateway that holds its tongue", async () => {
  const gateway = await home.gateway();
  expect(await home.cli(["agent", "--message", "remember me"])).toMatchObject({ status: 0 });
  const file = join(home.dir, "b.tar.gz");
  expect(await home.cli(["backup", "create", "--output", file])).toMatchObject({ status: 0 });
  await gateway.stop();

  const port = await freePort();
  const env = { OPENCLAW_GATEWAY_PORT: String(port) };
  const booted = other.spawn(["backup", "restore", file, "--boot", "--foreground"], { env });
  await until(() => answersReady(port), { or: booted, what: "the restored gateway", timeoutMs: 20_000 });
  expect(booted.stdout()).toMatch(/Held until a release: channels, scheduled jobs/);
  expect(booted.stdout()).toMatch(/stop it, then openclaw backup release/);
  await until(() => booted.stdout().includes(`http://127.0.0.1:${port}/?token=`), {
    or: booted,
    what: "the dashboard's address",
  });
  const status = JSON.parse((await other.cli(["status", "--json"], { env })).stdout) as {
    status: { safeMode: unknown };
  };
  expect(status.status.safeMode).toMatchObject({ by: "restore" });
  booted.signal("SIGTERM");
  expect(await booted.ended).toMatchObject({ status: 0 });
  expect(JSON.stringify(lines(other)[0])).toContain("remember me");

  // The state it would replace stays when it cannot be replaced, and says how to go on.
  const refused = await other.cli(["backup", "restore", file, "--boot", "--foreground"], { env });
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain("--force");
});

test("killed in the middle of a restore, the old state is there and starts", async () => {
  // Big enough that the restore is met at work.
  const workspace = join(home.stateDir, "workspace");
  mkdirSync(workspace, { recursive: true });
  for (let n = 0; n < 40; n++) writeFileSync(join(workspace, `n${n}.bin`), randomBytes(1_000_000));
  const file = join(home.dir, "b.tar.gz");
  expect(await home.cli(["backup", "create", "--output", file])).toMatchObject({ status: 0 });
  other.configure(baseConfig);
  writeFileSync(join(other.stateDir, "mine.txt"), "old state");
  const words = ["backup", "restore", file, "--force", "--yes", "--boot", "--foreground"];
  for (const name of ["SIGKILL", "SIGTERM"] as const) {
    const running = other.spawn(words);
    const staging = () => readdirSync(other.dir).find((each) => each.startsWith(".openclaw.restore-"));
    await until(() => staging() !== undefined, { or: running, what: "a restore at work" });
    running.signal(name);
    expect((await running.ended).status).toBe(name === "SIGKILL" ? name : 130);
    expect(readFileSync(join(other.stateDir, "mine.txt"), "utf8")).toBe("old state");
    // Asked to end it tidies up; killed it leaves a folder that is nobody's state.
    expect(staging() === undefined).toBe(name === "SIGTERM");
    for (const left of readdirSync(other.dir).filter((each) => each.includes(".restore-")))
      rmSync(join(other.dir, left), { recursive: true });
  }
  const gateway = await other.gateway();
  await gateway.stop();
});
