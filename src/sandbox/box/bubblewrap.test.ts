import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, systemClock } from "../../core/clock.ts";
import { codeOf } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import { findBinary, systemPath } from "../../guard/index.ts";
import { createSandboxes, insideWorkspace, listBoxes, type SandboxSettings } from "./index.ts";

const hasBwrap = findBinary("bwrap", systemPath) !== null;
const base = realpathSync(mkdtempSync(join(tmpdir(), "bwrap-")));
const at = (...names: string[]) => join(base, ...names);
for (const folder of ["home", "state", "workspace"]) mkdirSync(at(folder));
writeFileSync(at("state", "secret"), "the gateway's token");
writeFileSync(at("home", "key"), "the operator's key");
writeFileSync(at("workspace", "note"), "a note");

const settings: SandboxSettings = {
  mode: "all",
  scope: "agent",
  access: "none",
  backend: "bubblewrap",
  folder: at("state", "sandboxes"),
  image: "unused",
  network: "none",
  memoryBytes: 256 * 1024 ** 2,
  cpus: null,
  pidsLimit: 48,
  env: { GREETING: "hello" },
  binds: [],
  prune: { idleHours: 1, maxAgeDays: 2 },
};
let now: Partial<SandboxSettings> = {};
/** As a process of this state directory has them. */
const sandboxesOf = (stateDir: string, env: Record<string, string> = {}) =>
  createSandboxes({
    settings: () => ({ ...settings, ...now }),
    folders: () => [settings.folder],
    stateDir,
    workspaces: () => [],
    forbidden: { home: at("home"), secret: [at("state")] },
    env,
    clock: systemClock,
    logger: silentLogger,
  });
const sandboxes = sandboxesOf(at("state"), { SECRET_KEY: "hidden", TZ: "UTC" });
const box = sandboxes.of({ agentId: "main", sessionKey: "agent:main:x", workspaceDir: at("workspace") });
const start = (command: string, more: { timeoutMs?: number; onOutput?: (chunk: string) => void } = {}) =>
  box.start(
    { command, cwd: insideWorkspace, env: box.env(), pty: false },
    { clock: systemClock, timeoutMs: more.timeoutMs ?? 30_000, onOutput: more.onOutput ?? (() => undefined) },
  );
async function run(command: string, more: { timeoutMs?: number } = {}) {
  let text = "";
  const running = await start(command, { ...more, onOutput: (chunk) => void (text += chunk) });
  return { ...(await running.ended), text };
}

const commandLines = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return ""; // ended meanwhile
      }
    });

afterAll(async () => {
  await sandboxes.stop();
  rmSync(base, { recursive: true, force: true });
});

describe.skipIf(!hasBwrap)("a sandbox of bubblewrap", () => {
  beforeAll(() => void (now = {}));

  it("shows neither the state, the home, the workspace nor anything else of the operator", async () => {
    const { text } = await run(
      `cat ${at("state", "secret")} ${at("home", "key")} ${at("workspace", "note")} /etc/shadow; ls -A /; ls -A /home /etc/ssh; env; echo end`,
    );
    expect(text).not.toMatch(/the gateway's token|the operator's key|a note|hidden|root:/);
    expect(text).toContain("end");
    expect(text).toContain("GREETING=hello");
    expect(text).not.toMatch(/^(root|run|srv|var|sys|opt)$/m);
  });

  it("reaches no process, no port and no socket of the machine", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const { text } = await run(
      `kill -9 ${process.pid} && echo KILLED; echo processes $(ls /proc | grep -c '^[0-9]'); ` +
        `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && echo CONNECTED; ` +
        `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo CONNECTED; ` +
        `tail -n +3 /proc/net/dev | grep -v lo: && echo INTERFACE`,
    );
    server.close();
    expect(text).not.toMatch(/KILLED|CONNECTED|INTERFACE/);
    const processes = Number(/^processes (\d+)$/m.exec(text)?.[1]);
    expect(processes).toBeLessThan(12);
  });

  it("changes nothing of the machine, also where the gateway is root", async () => {
    const { text } = await run(
      `for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/pressure/cpu /usr/x /etc/x /x; do ` +
        `(exec 3>>$f) 2>/dev/null && echo "OPENED $f"; done; ` +
        `mount -t tmpfs x /tmp 2>/dev/null && echo MOUNTED; unshare -Ur true 2>/dev/null && echo NESTED; ` +
        `grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status`,
    );
    expect(text).not.toMatch(/OPENED|MOUNTED|NESTED/);
    expect(text).toMatch(/CapEff:\s+0+\nCapBnd:\s+0+\nNoNewPrivs:\s+1/);
    if (["x64", "arm64"].includes(process.arch)) expect(text).toMatch(/Seccomp:\s+2/);
  });

  it("has a private folder that stays, and a /tmp that does not", async () => {
    await run("echo kept > file; echo gone > /tmp/file; echo home > ~/file");
    const { text } = await run("cat file ~/file /tmp/file");
    expect(text).toMatch(/^kept\nhome\n/);
    expect(text).not.toContain("gone\n");
    const root = await box.root();
    expect(new TextDecoder().decode((await root.read("/workspace/file", { length: 9 })).bytes)).toBe(
      "kept\n",
    );
    expect(existsSync(at("workspace", "file"))).toBe(false);
  });

  it("a link made inside leads nobody outside", async () => {
    await run(`ln -s ${at("state", "secret")} stolen; ln -s / everything`);
    const root = await box.root();
    await expect(root.read("stolen", { length: 99 })).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
    await expect(root.read(`everything${at("state", "secret")}`, { length: 99 })).rejects.toMatchObject({
      code: "PATH_OUTSIDE_ROOT",
    });
    await expect(root.write("everything/tmp/x", "x")).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
  });

  it("a name that a command keeps swapping for a link never gives away a file outside", async () => {
    const running = await start(
      `mkdir -p real; echo inside > real/secret; ln -s ${at("state")} link; ` +
        "while :; do mv -T real d; mv -T d real; mv -T link d; mv -T d link; done",
    );
    const root = await box.root();
    let inside = 0;
    for (let tries = 0; tries < 400 || (inside === 0 && tries < 100_000); tries++) {
      const read = await root.read("d/secret", { length: 99 }).catch((error: unknown) => {
        expect(String(codeOf(error))).toMatch(/^PATH_|^E(LOOP|NOENT|NOTDIR)$/);
        return null;
      });
      if (read === null) continue;
      inside++;
      expect(new TextDecoder().decode(read.bytes)).not.toContain("token");
    }
    running.kill();
    await running.ended;
    expect(inside).toBeGreaterThan(0);
  });

  it("shows the workspace read-only or writable as configured", async () => {
    now = { access: "ro" };
    const ro = await run("cat note; echo x > note; echo x > new");
    expect(ro.text).toContain("a note");
    expect(readFileSync(at("workspace", "note"), "utf8")).toBe("a note");
    await expect((await box.root()).write("new", "x")).rejects.toMatchObject({ code: "PATH_READ_ONLY" });
    expect(box.sealed).toBe(true);
    now = { access: "rw" };
    await run("echo x > new");
    expect(readFileSync(at("workspace", "new"), "utf8")).toBe("x\n");
    expect(box.sealed).toBe(false);
    now = {};
  });

  it("bounds a fork bomb, memory and /tmp, and ends with its command", async () => {
    const bomb = await run("i=0; while [ $i -lt 200 ]; do i=$((i+1)); sleep 30 & done; echo over");
    expect(bomb.text).toMatch(/fork/i);
    const tree = await run("bomb() { bomb | bomb & }; bomb", { timeoutMs: 2_000 });
    expect(tree.durationMs).toBeLessThan(30_000);
    const memory = await run('x=$(head -c 600000000 /dev/zero | tr "\\0" a); echo ${#x}');
    expect(memory.text).not.toContain("600000000");
    const shm = await run(
      "(: > /dev/x) 2>/dev/null && echo OPENED; head -c 90000000 /dev/zero > /dev/shm/big; echo ended $?",
    );
    expect(shm.text).not.toContain("OPENED");
    expect(shm.text).toMatch(/ended [1-9]/);
    expect((await run("echo fine > /dev/null; head -c 4 /dev/zero | wc -c")).text).toBe("4\n");
    const disk = await run("head -c 400000000 /dev/zero > /tmp/big; echo ended $?");
    expect(disk.text).toMatch(/ended [1-9]/);
  });

  it("is gone with everything in it whenever it is ended, also while it is being built", async () => {
    const mark = `${100_000 + process.pid}`;
    for (const delay of [0, 3, 6, 9, 12, 20, 60]) {
      const running = await start(`setsid sleep ${mark} >/dev/null 2>&1 & sleep ${mark}`);
      await sleep(systemClock, delay);
      running.kill();
      await running.ended;
    }
    await expect
      .poll(() => commandLines().filter((line) => line.includes(mark)), { timeout: 10_000 })
      .toEqual([]);
    expect((await run(`sleep ${mark}`, { timeoutMs: 200 })).timedOut).toBe(true);
  });

  it("is refused a network, an unsafe workspace and unsafe binds, and then nothing runs", async () => {
    const mark = at("workspace", "ran");
    const refused = async (change: Partial<SandboxSettings>, code: string) => {
      now = { access: "rw", ...change };
      await expect(start(`touch /workspace/ran; touch ${mark}`)).rejects.toMatchObject({ code });
      expect(existsSync(mark)).toBe(false);
    };
    await refused({ network: "bridge" }, "SANDBOX_NETWORK_REFUSED");
    await refused({ binds: [`${at("state")}:/s`] }, "SANDBOX_BIND_REFUSED");
    await refused({ binds: ["/:/host:rw"] }, "SANDBOX_BIND_REFUSED");
    await refused({ binds: ["/etc:/conf"] }, "SANDBOX_BIND_REFUSED");
    const all = sandboxes.of({ agentId: "main", sessionKey: "agent:main:y", workspaceDir: base });
    now = { access: "rw" };
    await expect(all.root()).rejects.toMatchObject({ code: "SANDBOX_BIND_REFUSED" });
    now = {};
  });

  it("runs commands on a terminal, and with input", async () => {
    const options = { clock: systemClock, timeoutMs: 20_000 };
    let text = "";
    const onOutput = (chunk: string) => void (text += chunk);
    const common = { cwd: insideWorkspace, env: box.env() };
    const terminal = await box.start(
      { ...common, command: "[ -t 0 ] && [ -t 1 ] && echo terminal; read line; echo said $line", pty: true },
      { ...options, onOutput },
    );
    await expect.poll(() => text, { timeout: 10_000 }).toContain("terminal");
    terminal.write("hello\n");
    expect((await terminal.ended).exitCode).toBe(0);
    expect(text).toContain("said hello");
    text = "";
    const piped = await box.start(
      { ...common, command: "wc -c", stdin: "12345", pty: false },
      { ...options, onOutput },
    );
    expect((await piped.ended).exitCode).toBe(0);
    expect(text.trim()).toBe("5");
  });

  it("ends what runs in it before it is removed, whoever started it, and nothing of another gateway", async () => {
    const others = sandboxesOf(at("home"));
    const mark = `${200_000 + process.pid}`;
    const running = await start(`echo x > file; sleep ${mark}`);
    await expect.poll(() => commandLines().some((line) => line === `sleep\0${mark}\0`)).toBe(true);
    const [row] = listBoxes(settings.folder);
    await others.remove(row?.id ?? "");
    expect(commandLines().some((line) => line.includes(mark))).toBe(true);
    // Another process of the same state directory, as the command line is.
    const again = sandboxesOf(at("state"));
    await again.remove(row?.id ?? "");
    await running.ended;
    expect(commandLines().filter((line) => line.includes(mark))).toEqual([]);
    expect((await run("ls")).text).toBe("");
  });

  it("proves that it works, and is removed when it was not used for long", async () => {
    expect(await sandboxes.probe({ ...settings, backend: "auto" })).toBe("bubblewrap");
    await run("echo x > file");
    expect(await sandboxes.prune(settings)).toEqual([]);
    expect(existsSync(settings.folder)).toBe(true);
  });
});

describe("a machine without bubblewrap", () => {
  it("fails with what to install, and never runs the command", async () => {
    const empty = at("empty");
    mkdirSync(empty, { recursive: true });
    const none = createSandboxes({
      settings: () => settings,
      folders: () => [settings.folder],
      stateDir: at("state"),
      workspaces: () => [],
      forbidden: { home: at("home"), secret: [at("state")] },
      env: {},
      programs: [empty],
      clock: systemClock,
      logger: silentLogger,
    });
    const there = none.of({ agentId: "main", sessionKey: "agent:main:x", workspaceDir: at("workspace") });
    const command = { command: `touch ${at("ran")}`, cwd: insideWorkspace, env: {}, pty: false };
    const limits = { clock: systemClock, onOutput: () => undefined };
    await expect(there.start(command, limits)).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
    expect(() => none.backendOf({ ...settings, backend: "auto" })).toThrow(/neither bubblewrap nor docker/);
    expect(existsSync(at("ran"))).toBe(false);
  });
});

/** The same escape attempts as somebody who is not root: other rules of the kernel hold there. */
describe.skipIf(!hasBwrap || process.getuid?.() !== 0 || findBinary("setpriv", systemPath) === null)(
  "a sandbox of an ordinary user",
  () => {
    it("holds there too", () => {
      const folder = mkdtempSync(join(tmpdir(), "bwrap-user-"));
      chmodSync(folder, 0o755);
      for (const name of ["home", "state", "workspace"]) mkdirSync(join(folder, name));
      writeFileSync(join(folder, "state", "secret"), "token of the user");
      symlinkSync("state", join(folder, "link"));
      execFileSync("chown", ["-R", "65534:65534", folder]);
      const script = join(import.meta.dirname, "../../../test/support/sandboxed-user.ts");
      const done = spawnSync(
        "setpriv",
        ["--reuid", "65534", "--regid", "65534", "--clear-groups", process.execPath, script, folder],
        { encoding: "utf8", timeout: 60_000, env: { PATH: systemPath.join(":") } },
      );
      rmSync(folder, { recursive: true, force: true });
      expect(done.stderr).toBe("");
      const said = JSON.parse(done.stdout) as { text: string; bomb: string; uid: number };
      expect(said.uid).toBe(65534);
      expect(said.text).not.toMatch(/token of the user|OPENED|NESTED|KILLED/);
      expect(said.text).toContain("end");
      expect(said.bomb).toMatch(/fork/i);
    });
  },
);
