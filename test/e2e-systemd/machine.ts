// What the scripts inside the booted systemd share: the real command, systemctl, and a list of checks.
import { execFile, spawn } from "node:child_process";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../bin/openclaw.js", import.meta.url));

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

export function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: 120_000, cwd: "/" }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });
}

/** The real command line. */
export const openclaw = (args: string, env?: NodeJS.ProcessEnv): Promise<Outcome> =>
  run(process.execPath, [program, ...args.split(" ")], env);

/** Parsed JSON of `gateway status --json`, which must be alone on standard output. */
export async function gatewayStatus(flags = ""): Promise<{
  runtime: string;
  probe: string;
  port: number;
  lastError: string | null;
  extraServices: string[];
  service: {
    installed: boolean;
    pid: number | null;
    detail: string;
    drift: Array<{ what: string; repair: string }>;
  };
}> {
  const { stdout } = await openclaw(`gateway status --json${flags ? ` ${flags}` : ""}`);
  return JSON.parse(stdout) as never;
}

/** Asks until it is true; says what it waited for when it gives up. */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<number> {
  const started = performance.now();
  while (!(await ask())) {
    if (performance.now() - started > withinMs) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Math.round(performance.now() - started);
}

/** Something must stay as it is for a while: the one thing that cannot be waited for. */
export async function holdsFor(
  ms: number,
  what: string,
  ask: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (!(await ask())) throw new Error(`${what} did not hold for ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export function same<T>(what: string, actual: T, wanted: T): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: got ${a}, want ${b}`);
}

export function has(what: string, text: string, part: string | RegExp): void {
  if (typeof part === "string" ? !text.includes(part) : !part.test(text))
    throw new Error(`${what}: ${JSON.stringify(text.slice(0, 1500))} has no ${String(part)}`);
}

/** A command that went well and said what it should. */
export function ok(outcome: Outcome, words: string): void {
  if (outcome.status !== 0) throw new Error(`exit ${outcome.status}: ${outcome.stderr || outcome.stdout}`);
  has("output", outcome.stdout, words);
}

/** Runs the checks in order; a failed one ends the script, because the next ones build on it. */
export async function checks(
  title: string,
  list: Array<[string, () => Promise<string | void>]>,
): Promise<void> {
  for (const [name, check] of list) {
    const started = performance.now();
    try {
      const figure = await check();
      const ms = Math.round(performance.now() - started);
      console.log(`ok   ${title}: ${name} (${figure ? `${figure}, ` : ""}${ms} ms)`);
    } catch (error) {
      console.log(`FAIL ${title}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
      return;
    }
  }
}

/** A program that listens on a port and is no gateway. */
export async function stranger(port: number): Promise<() => void> {
  const code = `require("net").createServer().listen(${port},"127.0.0.1",()=>console.log("up"))`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return () => void child.kill();
}

export const me = userInfo();
