// One world of the acceptance script, run by run.ts in a network of its own: `node world.ts NAME`. Prints one JSON line for
// each case. Needs nothing but Node and this folder, so that it also runs inside a booted systemd.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { worlds } from "./cases/index.ts";
import type { Case, Outcome, World } from "./types.ts";

const program = fileURLToPath(new URL("../../bin/openclaw.js", import.meta.url));
const caseTimeoutMs = 60_000;

interface Machine {
  home: string;
  env: Record<string, string>;
  cleanUp: Array<() => void | Promise<void>>;
}

/** The shell's line with its output so far. */
interface Line {
  child: ChildProcess;
  text(): { stdout: string; stderr: string };
  ended: Promise<number | string>;
}

const name = process.argv[2] ?? "";
const world = worlds.find((each) => each.name === name);
if (world === undefined) {
  console.error(`no world "${name}"; there are ${worlds.map((each) => each.name).join(", ")}`);
  process.exit(2);
}
await runWorld(world);

async function runWorld(world: World): Promise<void> {
  const machine = prepare(world);
  try {
    if (world.network) setUpNetwork(world.network);
    if (world.tlsFront) await startTlsFront(machine, world.tlsFront);
    for (const { file, args, port } of world.doubles ?? []) {
      const path = fileURLToPath(new URL(`../fakes/${file}`, import.meta.url));
      // Some take lines of what people do, and end when none can come any more.
      const double = shell(machine, `sleep infinity | '${process.execPath}' '${path}' ${args.join(" ")}`);
      machine.cleanUp.push(() => end(double, "SIGKILL"));
      await waitFor(() => listens(port), double, `${file} to listen`);
    }
    if (world.gateway) {
      const program = world.profile === undefined ? "openclaw" : `openclaw --profile ${world.profile.name}`;
      const gateway = shell(machine, `${program} gateway ${world.gateway.join(" ")}`);
      machine.cleanUp.push(() => end(gateway, "SIGKILL"));
      await waitFor(() => answers(world.profile?.port ?? 18_789), gateway, "the gateway to answer");
    }
    for (const each of world.cases) {
      const started = performance.now();
      const { status, missed } = await runCase(machine, each).catch((error: unknown) => ({
        status: "?",
        missed: [String(error)],
      }));
      const outcome: Outcome = {
        world: world.name,
        command: each.command,
        ok: missed.length === 0,
        status,
        detail: missed.join("\n"),
        ms: Math.round(performance.now() - started),
      };
      console.log(JSON.stringify(outcome));
    }
  } finally {
    for (const undo of machine.cleanUp.reverse()) await undo();
  }
}

function prepare(world: World): Machine {
  const scratch = mkdtempSync(join(tmpdir(), "openclaw-acceptance-"));
  const cleanUp = [() => rmSync(scratch, { recursive: true, force: true })];
  // On a booted systemd the home is the user's own, for the service manager knows no other.
  const home = world.machine === "systemd" ? homedir() : join(scratch, "home");
  const bin = join(scratch, "bin");
  mkdirSync(home, { recursive: true });
  mkdirSync(bin);
  const put = (file: string, text: string) => {
    writeFileSync(join(bin, file), text);
    chmodSync(join(bin, file), 0o755);
  };
  put("openclaw", `#!/bin/sh\necho $$ >"$ACCEPTANCE_PID"\nexec '${process.execPath}' '${program}' "$@"\n`);
  if (world.tailscale) {
    const fake = fileURLToPath(new URL("../fakes/tailscale.mjs", import.meta.url));
    const state = join(scratch, "tailscale.json");
    writeFileSync(state, JSON.stringify(world.tailscale));
    put("tailscale", `#!/bin/sh\nexec '${process.execPath}' '${fake}' '${state}' "$@"\n`);
  }
  if (world.config) {
    const text = JSON.stringify(world.config, null, 2).replaceAll("{bin}", bin);
    const state = join(home, world.profile === undefined ? ".openclaw" : `.openclaw-${world.profile.name}`);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(join(state, "openclaw.json"), `${text}\n`, { mode: 0o600 });
  }
  const keep = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "USER", "LOGNAME"];
  const session = keep.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  const env = {
    ...(world.machine === "systemd" ? (Object.fromEntries(session) as Record<string, string>) : {}),
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    FAKES: fileURLToPath(new URL("../fakes", import.meta.url)),
    TMPDIR: scratch,
    TZ: "UTC",
    SCRATCH: scratch,
    ACCEPTANCE_PID: join(scratch, "pid"),
  };
  return { home, env, cleanUp };
}

async function runCase(
  machine: Machine,
  wanted: Case,
): Promise<{ status: number | string; missed: string[] }> {
  for (const before of wanted.before ?? []) {
    const line = shell(machine, before);
    const status = await line.ended;
    if (status !== 0)
      return { status, missed: [`preparation \`${before}\` ended with ${status}`, show(line)] };
  }
  const line = shell(machine, wanted.run ?? wanted.command, wanted.stdin);
  const limit = setTimeout(() => void line.child.kill("SIGKILL"), caseTimeoutMs);
  try {
    if (wanted.until) {
      const shown = wanted.until;
      await waitFor(() => shown.test(line.text().stdout + line.text().stderr), line, String(shown));
      // Ctrl-C reaches the program; what stands behind it in a pipe ends by itself.
      process.kill(Number(readFileSync(machine.env["ACCEPTANCE_PID"] ?? "", "utf8")), "SIGINT");
    }
    const status = await line.ended;
    const missed = misses(wanted, status, line.text());
    return { status, missed: missed.length === 0 ? [] : [...missed, show(line)] };
  } finally {
    clearTimeout(limit);
    await end(line, "SIGKILL");
  }
}

function misses(wanted: Case, status: number | string, text: { stdout: string; stderr: string }): string[] {
  const has = (where: string, what: string | RegExp) =>
    typeof what === "string" ? where.includes(what) : what.test(where);
  const missed: string[] = [];
  const exit = wanted.exit ?? 0;
  if (status !== exit) missed.push(`ended with ${status} instead of ${exit}`);
  for (const what of wanted.stdout ?? [])
    if (!has(text.stdout, what)) missed.push(`standard output lacks ${String(what)}`);
  for (const what of wanted.stderr ?? [])
    if (!has(text.stderr, what)) missed.push(`standard error lacks ${String(what)}`);
  for (const what of wanted.never ?? [])
    if (has(text.stdout + text.stderr, what)) missed.push(`the output holds ${String(what)}`);
  if (wanted.json) {
    try {
      JSON.parse(text.stdout);
    } catch {
      missed.push("standard output is not one JSON value");
    }
  }
  return missed;
}

function shell(machine: Machine, text: string, stdin?: string): Line {
  const child = spawn("sh", ["-c", text], {
    cwd: machine.home,
    env: machine.env,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true, // a group of its own, to end what a pipe left behind
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  child.stderr?.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin);
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(String(error)));
    child.once("close", (code, signal) => resolve(signal ?? code ?? -1));
  });
  return { child, text: () => ({ stdout, stderr }), ended };
}

async function end(line: Line, signal: NodeJS.Signals): Promise<void> {
  if (line.child.pid === undefined) return;
  try {
    process.kill(-line.child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // Gone already: as wanted.
  }
  await line.ended;
}

function show(line: Line): string {
  const { stdout, stderr } = line.text();
  return `--- stdout\n${stdout.slice(-2500)}\n--- stderr\n${stderr.slice(-2500)}`;
}

async function waitFor(ask: () => boolean | Promise<boolean>, line: Line, what: string): Promise<void> {
  const giveUp = performance.now() + 30_000;
  const gone = new AbortController();
  void line.ended.then(() => gone.abort());
  while (!(await ask())) {
    if (gone.signal.aborted || performance.now() > giveUp)
      throw new Error(`${gone.signal.aborted ? "it ended" : "30 s passed"} before ${what}\n${show(line)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false)); // Nobody listens yet.
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ port, host: "127.0.0.1", path: "/health", timeout: 1000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once("error", () => resolve(false)); // Nobody listens yet.
    asked.end();
  });
}

/** Inside a namespace of its own: addresses on its loopback, and its own /etc/hosts. */
function setUpNetwork(network: NonNullable<World["network"]>): void {
  const must = (command: string, args: string[]) => {
    const done = spawnSync(command, args, { encoding: "utf8" });
    if (done.status !== 0)
      throw new Error(`${command} ${args.join(" ")}: ${done.stderr || String(done.error)}`);
  };
  for (const address of network.addresses) must("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  const folder = mkdtempSync(join(tmpdir(), "openclaw-hosts-"));
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, "127.0.0.1 localhost\n");
  for (const [host, address] of Object.entries(network.hosts)) appendFileSync(hosts, `${address} ${host}\n`);
  chmodSync(folder, 0o755);
  must("mount", ["--bind", hosts, "/etc/hosts"]);
}

/** A certificate of a test authority that the CLI is told to trust, and everything passed on to the gateway. */
async function startTlsFront(machine: Machine, front: NonNullable<World["tlsFront"]>): Promise<void> {
  const folder = join(machine.env["SCRATCH"] ?? "", "tls");
  mkdirSync(folder);
  const made = spawnSync(
    "openssl",
    `req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=${front.name} -addext subjectAltName=DNS:${front.name}`.split(
      " ",
    ),
    { cwd: folder, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  const read = (file: string) => readFileSync(join(folder, file));
  const server = createTlsServer({ cert: read("cert.pem"), key: read("key.pem") }, (from) => {
    const to = connect(18_789, "127.0.0.1");
    from.on("error", () => to.destroy());
    to.on("error", () => from.destroy());
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(443, front.address, resolve));
  machine.cleanUp.push(() => void server.close());
  machine.env["NODE_EXTRA_CA_CERTS"] = join(folder, "cert.pem");
}
