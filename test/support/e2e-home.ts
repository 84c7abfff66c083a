// The real program as real processes over a temporary home: what the tests in test/e2e share.
import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../torture/gateway-process.ts";

/** What every test runs: the built command, or another installation of it named by OPENCLAW_E2E_PROGRAM. */
export const program =
  process.env["OPENCLAW_E2E_PROGRAM"] ?? fileURLToPath(new URL("../../bin/openclaw.js", import.meta.url));

export const e2eToken = "5e".repeat(32);

export interface CliOutcome {
  /** Exit status, or the signal that ended the process. */
  status: number | string;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  stdin?: string;
  cwd?: string;
  /** A command put before the program: `["strace", …]`. */
  wrapper?: string[];
}

/** A process of the program, with everything it printed so far. */
export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when the process is gone and its pipes are read to the end. */
  ended: Promise<CliOutcome>;
  signal(name: NodeJS.Signals): void;
}

export interface Gateway extends Running {
  port: number;
  url: string;
  http: string;
  pid: number;
  /** SIGTERM, then the exit. */
  stop(): Promise<CliOutcome>;
}

export interface GatewayOptions extends RunOptions {
  port?: number;
  args?: string[];
}

export interface E2eHome {
  dir: string;
  stateDir: string;
  configPath: string;
  env: Record<string, string>;
  configure(config: object): void;
  /** Starts a process and does not wait. Whatever still runs at the end is killed. */
  spawn(argv: string[], options?: RunOptions): Running;
  cli(argv: string[], options?: RunOptions): Promise<CliOutcome>;
  /** Starts the gateway and waits until it answers. Throws with its output when it ends before. */
  gateway(options?: GatewayOptions): Promise<Gateway>;
  /** Lines of the JSONL log, parsed. */
  log(): Array<Record<string, unknown>>;
  /** Kills what runs and removes the folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The least a gateway needs: local mode, a known token, no look for model servers on this machine. */
export const baseConfig = {
  gateway: { mode: "local", auth: { mode: "token", token: e2eToken } },
  models: { detectLocal: false },
};

/** `models` of a configuration with the double of a provider as its only one; the model is `fake/fake-model`. */
export const fakeModels = ({ baseUrl }: { baseUrl: string }, model: object = {}) => ({
  detectLocal: false,
  providers: {
    fake: {
      baseUrl,
      api: "anthropic-messages",
      apiKey: "sk-ant-fake",
      models: [{ id: "fake-model", ...model }],
    },
  },
});

export function createHome(options: { config?: object; dir?: string } = {}): E2eHome {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "openclaw-e2e-"));
  const stateDir = join(dir, ".openclaw");
  const configPath = join(stateDir, "openclaw.json");
  const running = new Set<Running>();
  const env = { PATH: process.env["PATH"] ?? "", HOME: dir, TMPDIR: tmpdir(), TZ: "UTC" };

  const home: E2eHome = {
    dir,
    stateDir,
    configPath,
    env,
    configure(config) {
      mkdirSync(dirname(configPath), { recursive: true, mode: 0o700 });
      writeFileSync(configPath, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
    },
    spawn(argv, runOptions = {}) {
      const process_ = spawnProgram(argv, { ...runOptions, env: { ...env, ...runOptions.env } });
      running.add(process_);
      void process_.ended.then(() => running.delete(process_));
      return process_;
    },
    cli: (argv, runOptions = {}) => home.spawn(argv, { stdin: "", ...runOptions }).ended,
    async gateway(gatewayOptions = {}) {
      const { port = await freePort(), args = [], ...rest } = gatewayOptions;
      const started = home.spawn(["gateway", "--port", String(port), ...args], rest);
      const http = `http://127.0.0.1:${port}`;
      await until(() => answers(`${http}/health`), { or: started, what: "the gateway to answer" });
      return {
        ...started,
        port,
        url: `ws://127.0.0.1:${port}`,
        http,
        pid: started.child.pid ?? -1,
        stop() {
          started.signal("SIGTERM");
          return started.ended;
        },
      };
    },
    log() {
      const folder = join(stateDir, "logs");
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .sort()
        .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async [Symbol.asyncDispose]() {
      for (const process_ of running) process_.signal("SIGKILL");
      await Promise.all([...running].map((process_) => process_.ended));
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (options.config) home.configure(options.config);
  return home;
}

function spawnProgram(argv: string[], options: RunOptions): Running {
  const started = performance.now();
  const [command = "", ...words] = [...(options.wrapper ?? []), process.execPath, program, ...argv];
  const env = Object.fromEntries(
    Object.entries(options.env ?? {}).filter(([, value]) => value !== undefined),
  );
  const child = spawn(command, words, {
    env,
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  child.stderr?.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.stdin);
  const ended = new Promise<CliOutcome>((resolve) => {
    child.once("error", (error) => (stderr += String(error)));
    child.once("close", (code, signal) =>
      resolve({ status: signal ?? code ?? -1, stdout, stderr, ms: performance.now() - started }),
    );
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (name) => void child.kill(name),
  };
}

/** Asks until the answer is neither false, null nor undefined; gives up after `timeoutMs` (10 s) or when `or` ends. */
export async function until<T>(
  ask: () => T | Promise<T>,
  options: { timeoutMs?: number; or?: Running; what?: string } = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, or, what = "a condition" } = options;
  const giveUp = performance.now() + timeoutMs;
  let end: CliOutcome | null = null;
  void or?.ended.then((outcome) => (end = outcome));
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    const { status, stdout, stderr } = (end ?? {}) as Partial<CliOutcome>;
    if (end)
      throw new Error(`waited for ${what}, but the process ended with ${status}\n${stdout}\n${stderr}`);
    if (performance.now() > giveUp)
      throw new Error(`waited ${timeoutMs} ms for ${what}\n${or?.stdout() ?? ""}\n${or?.stderr() ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false; // nobody listens yet
  }
}
