import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { createCliHome } from "../support/run-cli.ts";
import { createSandboxes, insideWorkspace, type SandboxSettings } from "../../src/sandbox/box/index.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "docker-sandbox-")));
const at = (...names: string[]) => join(base, ...names);
for (const folder of ["home", "state", "workspace", "data"]) mkdirSync(at(folder));
writeFileSync(at("state", "secret"), "the gateway's token");
writeFileSync(at("workspace", "note"), "a note");
writeFileSync(at("data", "table"), "1,2");

const settings: SandboxSettings = {
  mode: "all",
  scope: "agent",
  access: "none",
  backend: "docker",
  folder: at("state", "sandboxes"),
  image: "openclaw-sandbox:bookworm-slim",
  network: "none",
  memoryBytes: 128 * 1024 ** 2,
  cpus: 1,
  pidsLimit: 64,
  env: { GREETING: "hello" },
  binds: [],
  prune: { idleHours: 1, maxAgeDays: 2 },
};
let now: Partial<SandboxSettings> = {};
const open = (stateDir = at("state")) =>
  createSandboxes({
    settings: () => ({ ...settings, ...now }),
    folders: () => [settings.folder],
    stateDir,
    workspaces: () => [],
    forbidden: { home: at("home"), secret: [at("state")] },
    env: process.env,
    clock: systemClock,
    logger: silentLogger,
  });
const subject = { agentId: "main", sessionKey: "agent:main:x", workspaceDir: at("workspace") };
let sandboxes = open();
const start = async (command: string, timeoutMs = 30_000) => {
  const box = sandboxes.of(subject);
  let text = "";
  const running = await box.start(
    { command, cwd: insideWorkspace, env: box.env(), pty: false },
    { clock: systemClock, timeoutMs, onOutput: (chunk) => void (text += chunk) },
  );
  return { running, ended: running.ended.then((end) => ({ ...end, text })) };
};
const run = async (command: string, timeoutMs?: number) => (await start(command, timeoutMs)).ended;
const docker = (...words: string[]) => spawnSync("docker", words, { encoding: "utf8" });
const containers = () =>
  docker("ps", "-aq")
    .stdout.split("\n")
    .filter((line) => line !== "");
/** Command lines of what runs in the only container; its image has no ps. */
const inside = () =>
  docker("exec", containers()[0] ?? "", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout;

beforeEach(() => void (now = {}));
afterAll(async () => {
  await sandboxes.stop();
  rmSync(base, { recursive: true, force: true });
});

describe("a sandbox of docker", () => {
  it("shows nothing of the machine and changes nothing of it", async () => {
    const { text } = await run(
      `cat ${at("state", "secret")} ${at("workspace", "note")}; ls /var/run/docker.sock; env; ` +
        "for f in /x /usr/x /etc/x /proc/sys/kernel/core_pattern; do (exec 3>>$f) 2>/dev/null && echo OPENED $f; done; " +
        "tail -n +3 /proc/net/dev | grep -v lo: && echo INTERFACE; unshare -Ur true 2>/dev/null && echo NESTED; " +
        "mount -t tmpfs x /tmp 2>/dev/null && echo MOUNTED; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; pwd; echo x > kept",
    );
    expect(text).not.toMatch(/the gateway's token|a note|OPENED|INTERFACE|NESTED|MOUNTED/);
    expect(text).toMatch(/CapEff:\s+0+\n/);
    expect(text).toMatch(/NoNewPrivs:\s+1\n/);
    expect(text).toContain("GREETING=hello");
    expect(text).not.toContain("DOCKER_HOST");
    expect(text).toContain("/workspace");
    const root = await sandboxes.of(subject).root();
    expect((await root.read("kept", { length: 9 })).size).toBe(2);
  });

  it("is one container for many commands, and another one when what it is made of changes", async () => {
    await run("true");
    const [first] = containers();
    await run("echo two > /tmp/two");
    expect(containers()).toEqual([first]);
    expect((await run("cat /tmp/two")).text).toBe("two\n");
    now = { binds: [`${at("data")}:/data`], pidsLimit: 65 };
    const other = await run("cat /data/table /tmp/two; (exec 3>>/data/table) && echo OPENED");
    expect(other.text).toContain("1,2");
    expect(other.text).not.toMatch(/^two|OPENED/m);
    expect(containers()).toHaveLength(1);
    expect(containers()).not.toEqual([first]);
  });

  it("has the workspace as configured", async () => {
    now = { access: "ro" };
    const { text } = await run("cat note; echo more >> note");
    expect(text).toContain("a note");
    expect(text).toContain("Read-only");
    now = { access: "rw" };
    await run("echo more > new");
    expect(readFileSync(at("workspace", "new"), "utf8")).toBe("more\n");
  });

  it("ends what runs inside when it is ended from outside", async () => {
    const late = await start("sleep 4321 & sleep 4321", 3000);
    await expect.poll(() => inside().includes("4321"), { timeout: 15_000 }).toBe(true);
    expect((await late.ended).timedOut).toBe(true);
    await expect.poll(() => inside().includes("4321"), { timeout: 15_000 }).toBe(false);
    const { running, ended } = await start("trap '' TERM; sleep 4322");
    await expect.poll(() => inside().includes("4322"), { timeout: 15_000 }).toBe(true);
    running.kill();
    await ended;
    await expect.poll(() => inside().includes("4322"), { timeout: 15_000 }).toBe(false);
  });

  it("bounds processes and memory", async () => {
    const bomb = await run("i=0; while [ $i -lt 200 ]; do i=$((i+1)); sleep 20 & done; echo over", 20_000);
    expect(bomb.text).toMatch(/fork/i);
    await sandboxes.remove(containersId());
    const memory = await run('x=$(head -c 400000000 /dev/zero | tr "\\0" a); echo ${#x}');
    expect(memory.text).not.toContain("400000000");
  });

  it("is made again when somebody removed it, and by a later life of the gateway", async () => {
    await run("true");
    docker("rm", "-f", ...containers());
    expect((await run("echo back")).text).toBe("back\n");
    const [left] = containers();
    await start("sleep 4323");
    await expect.poll(() => inside().includes("4323"), { timeout: 15_000 }).toBe(true);
    // As after a kill: nothing was told to stop.
    sandboxes = open();
    expect((await run("echo again")).text).toBe("again\n");
    expect(containers()).not.toEqual([left]);
    expect(inside()).not.toContain("4323");
  });

  it("is never another gateway's", async () => {
    await run("true");
    const [mine] = containers();
    mkdirSync(at("other"));
    const theirs = open(at("other"));
    await theirs.sweep();
    await theirs.remove(containersId());
    expect(containers()).toEqual([mine]);
    expect(await theirs.containers()).toEqual([]);
    expect(await sandboxes.containers()).toMatchObject([
      { backend: "docker", running: true, id: containersId() },
    ]);
    await sandboxes.sweep();
    expect(containers()).toEqual([]);
  });

  it("fails without its image, its engine or a network of its own, and then nothing runs", async () => {
    const refused = async (change: Partial<SandboxSettings>, code: string) => {
      now = { access: "rw", ...change };
      await expect(run("touch /workspace/ran")).rejects.toMatchObject({ code });
      expect(existsSync(at("workspace", "ran"))).toBe(false);
    };
    await refused({ image: "openclaw-sandbox:none" }, "SANDBOX_UNAVAILABLE");
    await refused({ network: "host" }, "SANDBOX_NETWORK_REFUSED");
    await refused({ network: "container:x" }, "SANDBOX_NETWORK_REFUSED");
    await refused({ binds: ["/var/run/docker.sock:/s"] }, "SANDBOX_BIND_REFUSED");
    const gone = createSandboxes({
      settings: () => settings,
      folders: () => [settings.folder],
      stateDir: at("state"),
      workspaces: () => [],
      forbidden: { home: at("home"), secret: [at("state")] },
      env: { DOCKER_HOST: "unix:///nowhere.sock" },
      clock: systemClock,
      logger: silentLogger,
    });
    await expect(gone.probe(settings)).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
  });

  it("runs commands on a terminal", async () => {
    const box = sandboxes.of(subject);
    let text = "";
    const terminal = await box.start(
      {
        command: "[ -t 0 ] && echo terminal; read line; echo said $line",
        cwd: insideWorkspace,
        env: box.env(),
        pty: true,
      },
      { clock: systemClock, timeoutMs: 30_000, onOutput: (chunk) => void (text += chunk) },
    );
    await expect.poll(() => text, { timeout: 15_000 }).toContain("terminal");
    terminal.write("hello\n");
    expect((await terminal.ended).exitCode).toBe(0);
    expect(text).toContain("said hello");
  });

  it("is listed and made anew by the command line", async () => {
    await sandboxes.stop();
    const cli = createCliHome();
    const env = { DOCKER_HOST: process.env["DOCKER_HOST"] ?? "" };
    cli.configure({ agents: { defaults: { sandbox: { mode: "all", backend: "docker" } } } });
    now = { folder: join(cli.stateDir, "sandboxes") };
    const gateway = open(cli.stateDir);
    const box = gateway.of(subject);
    const start = { command: "echo x > file; sleep 4324", cwd: insideWorkspace, env: box.env(), pty: false };
    const running = await box.start(start, { clock: systemClock, onOutput: () => undefined });
    await expect.poll(() => inside().includes("4324"), { timeout: 15_000 }).toBe(true);
    expect((await cli.run(["sandbox", "list"], { env })).stdout).toMatch(/agent main +docker +1 /);
    expect((await cli.run(["doctor", "--json"], { env })).stdout).not.toContain("sandbox-backend");
    const removed = await cli.run(["sandbox", "recreate", "--yes"], { env });
    expect(removed.stdout).toContain("removed, with 1 files and its docker container");
    await running.ended;
    expect(containers()).toEqual([]);
    await gateway.stop();
    cli.remove();
  });

  it("proves that it works, and costs so much", async () => {
    expect(await sandboxes.probe(settings)).toBe("docker");
    await run("true");
    const times: number[] = [];
    for (let n = 0; n < 10; n++) times.push((await run("true")).durationMs);
    console.log(`a command in a container: ${times.toSorted((a, b) => a - b)[5]} ms`);
    await sandboxes.stop();
    expect(containers()).toEqual([]);
  });
});

function containersId(): string {
  return docker("ps", "-a", "--format", '{{.Label "openclaw.sandbox.id"}}').stdout.split("\n")[0] ?? "";
}
