import { cpSync, existsSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, type Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { buildChildEnv, runProcess, startProcess } from "../guard/index.ts";
import type { Paths } from "../state/index.ts";
import { copyLedger, silenceCopy } from "./ledger.ts";

export interface CandidateCheck {
  version: string;
  /** Path of its `bin/openclaw.js`. */
  program: string;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  signal: AbortSignal;
  /** Milliseconds it may take to start. */
  timeoutMs: number;
}

const broken = (version: string, what: string, said = ""): UserError =>
  new UserError("UPDATE_BROKEN", `openclaw ${version} ${what}${said ? `: ${said}` : ""}`, {
    hint: "nothing was changed; report it, or choose another one with --tag",
  });

/** Asks a candidate for its version and its help. @throws UserError UPDATE_BROKEN */
export async function selfCheck(check: CandidateCheck): Promise<void> {
  const { version, clock, signal, timeoutMs } = check;
  const env = buildChildEnv({ source: check.env });
  const run = (word: string) =>
    runProcess(
      { file: process.execPath, args: [check.program, word], cwd: tmpdir(), env },
      { clock, signal, timeoutMs: Math.min(timeoutMs, 20_000), maxOutputBytes: 1024 * 1024 },
    );
  for (const word of ["--version", "--help"]) {
    const ended = await run(word);
    signal.throwIfAborted();
    if (ended.timedOut) throw broken(version, `does not answer ${word}`);
    if (ended.exitCode !== 0) throw broken(version, `fails at ${word}`, lastLine(ended.output));
    const said = ended.stdout.trim();
    if (word === "--version" && said !== version)
      throw broken(version, `says it is ${JSON.stringify(said.slice(0, 60))}`);
    if (word === "--help" && !/gateway/.test(said)) throw broken(version, "shows no help");
  }
}

/** Ends the candidate when this process is killed: its standard input is then closed. */
const endsWithParent =
  "data:text/javascript,process.stdin.once('end',()=>process.exit(1)).once('error',()=>process.exit(1)).resume().unref()";

/** Of the state, what a start reads. Conversations, media and the workspace stay where they are. */
const copied = [
  ".env",
  "credentials",
  "channels",
  "identity",
  "devices",
  "nodes",
  "exec-approvals.json",
] as const;

/**
 * Starts the candidate on a copy of the state, in safe mode and without channels, on a port of its own, and waits until
 * it is ready; migrations of the ledger happen to the copy.
 * @param folder an empty one for the copy; removed at the end
 * @throws UserError UPDATE_BROKEN
 */
export async function shadowBoot(check: CandidateCheck, folder: string): Promise<void> {
  const { version, paths, clock, signal } = check;
  if (!existsSync(paths.configPath)) return;
  try {
    const ledger = join(folder, "ledger.sqlite");
    if (await copyLedger(paths.ledgerPath, ledger)) silenceCopy(ledger);
    cpSync(paths.configPath, join(folder, "openclaw.json"));
    for (const name of copied) {
      const from = join(paths.stateDir, name);
      if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true });
    }
    const port = await freePort();
    const values = {
      OPENCLAW_STATE_DIR: folder,
      OPENCLAW_CONFIG_PATH: join(folder, "openclaw.json"),
      OPENCLAW_SKIP_CHANNELS: "1",
    };
    // Credentials may come by environment: the candidate reads them as the gateway does.
    const allowNames = Object.keys(check.env).filter((name) =>
      /^[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|PASSWORD)$/.test(name),
    );
    const env = buildChildEnv({
      source: check.env,
      allowNames: [...allowNames, ...Object.keys(values)],
      values,
    });
    let output = "";
    const child = await startProcess(
      {
        file: process.execPath,
        args: [
          "--import",
          endsWithParent,
          check.program,
          "gateway",
          "--safe",
          "--port",
          String(port),
          "--bind",
          "loopback",
          "--tailscale",
          "off",
        ],
        cwd: folder,
        env,
        keepInputOpen: true,
      },
      { clock, signal, onOutput: (chunk) => void (output = (output + chunk).slice(-16_384)) },
    );
    let isGone = false;
    void child.ended.then(() => (isGone = true));
    try {
      const giveUp = clock.monotonic() + check.timeoutMs;
      while (!(await isReady({ host: "127.0.0.1", port }))) {
        if (isGone) throw broken(version, "ends when it is started on a copy of the state", lastLine(output));
        if (clock.monotonic() > giveUp)
          throw broken(version, `is not ready ${check.timeoutMs / 1000} s after its start`, lastLine(output));
        await sleep(clock, 100, signal);
      }
    } finally {
      child.kill();
      await child.ended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the gateway at an address of this machine answers that it has started and takes work. */
export async function isReady(at: { host: string; port: number }): Promise<boolean> {
  const host = at.host === "0.0.0.0" ? "127.0.0.1" : at.host === "::" ? "::1" : at.host;
  for (const scheme of ["http", "https"] as const) {
    const status = await probe(scheme, host, at.port);
    if (status !== null) return status === 200;
  }
  return false;
}

function probe(scheme: "http" | "https", host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const options = { host, port, path: "/readyz", timeout: 3_000, agent: false };
    const request =
      scheme === "http"
        ? httpRequest(options)
        : // Only whether it answers is asked, nothing is sent; its certificate may be of its own making.
          httpsRequest({ ...options, rejectUnauthorized: false });
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(null));
    request.end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function lastLine(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "").trim().slice(0, 300);
}
