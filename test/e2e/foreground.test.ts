// A gateway in the foreground ends with what it stands in front of: npm, or the window of a terminal.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../torture/gateway-process.ts";
import { baseConfig, createHome, program, until, type E2eHome } from "../support/e2e-home.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const onLinux = process.platform === "linux";
let home: E2eHome;
/** Process groups to be gone at the end. */
let groups: number[];
beforeEach(() => {
  groups = [];
  home = createHome({ config: baseConfig });
});
afterEach(async () => {
  for (const group of groups) kill(-group, "SIGKILL");
  await home[Symbol.asyncDispose]();
});

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it is gone, as it should be
  }
}

const said = () => home.log().map((line) => `${String(line["1"])} ${JSON.stringify(line)}`);
const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/health`).then(
    (response) => response.ok,
    () => false,
  );
const gatewayPid = () =>
  readdirSync(home.stateDir)
    .map((name) => /^gateway\.(\d+)\.lock$/.exec(name)?.[1])
    .find((pid) => pid !== undefined);
const parentOf = (pid: string) =>
  readFileSync(`/proc/${pid}/status`, "utf8").match(/^PPid:\s+(\d+)/m)?.[1] ?? "";

async function npmStart(): Promise<{ npm: ChildProcess; script: string; port: number }> {
  const port = await freePort();
  const npm = spawn("npm", ["start", "--silent", "--", "--port", String(port)], {
    cwd: root,
    env: { ...home.env, npm_config_cache: join(home.dir, "npm"), npm_config_update_notifier: "false" },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as a shell gives it: what is sent to npm alone reaches nobody else.
    detached: true,
  });
  if (npm.pid !== undefined) groups.push(npm.pid);
  npm.stdout.resume();
  npm.stderr.resume();
  await until(() => answers(port), { what: "the gateway to answer", timeoutMs: 30_000 });
  return { npm, script: parentOf(gatewayPid() ?? ""), port };
}

test.runIf(onLinux)(
  "npm start: whoever of those above the gateway dies, it stops in order",
  async () => {
    const first = await npmStart();
    first.npm.kill("SIGTERM");
    const stopped = (times: number) => () =>
      said().filter((line) => line.startsWith("Gateway stopped")).length === times;
    await until(stopped(1), { what: "the end after npm was told to stop" });
    const second = await npmStart();
    // Its shell goes on waiting for the script.
    second.npm.kill("SIGKILL");
    await until(stopped(2), { what: "the end after npm was killed" });
    const third = await npmStart();
    kill(Number(third.script), "SIGKILL");
    await until(stopped(3), { what: "the end after the script was killed" });
    expect(said().join("\n")).not.toContain("unclean");
  },
  90_000,
);

test.runIf(onLinux)(
  "a hangup ends a gateway that has a terminal, in order, and no other",
  async () => {
    const pty = await import("@lydell/node-pty");
    const port = await freePort();
    const terminal = pty.spawn(process.execPath, [program, "gateway", "--port", String(port)], {
      env: home.env,
      cwd: home.dir,
    });
    groups.push(terminal.pid);
    await until(() => answers(port), { what: "the gateway to answer", timeoutMs: 30_000 });
    // The window closes: the kernel tells, and whatever is written now fails.
    (terminal as unknown as { destroy(): void }).destroy();
    await until(() => said().some((line) => line.startsWith("Gateway stopped")), { what: "the end" });
    expect(said().some((line) => line.startsWith("stopping") && line.includes("SIGHUP"))).toBe(true);

    const detached = await home.gateway();
    detached.signal("SIGHUP");
    await until(() => said().some((line) => line.includes("SIGHUP without a terminal")), { or: detached });
    expect(await answers(detached.port)).toBe(true);
    expect(existsSync(join(home.stateDir, `gateway.${detached.pid}.lock`))).toBe(true);
    expect((await detached.stop()).status).toBe(0);
  },
  60_000,
);
