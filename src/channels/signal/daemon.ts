import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { sleep, type Clock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  buildChildEnv,
  findBinary,
  startProcess,
  systemPath,
  type RunningProcess,
} from "../../guard/index.ts";
import { createRpc, type SignalRpc } from "./rpc.ts";

/** A running daemon. */
export interface Daemon {
  rpc: SignalRpc;
  /** Settles with the reason when it ended by itself; never for a daemon that is not ours. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const lookEveryMs = 250;
const linesKept = 5;

/** A daemon that somebody else runs. */
export function existingDaemon(httpUrl: string, clock: Clock): Daemon {
  return { rpc: createRpc({ httpUrl, clock }), ended: new Promise(() => {}), stop: () => Promise.resolve() };
}

/**
 * Starts signal-cli as a daemon on a free port of 127.0.0.1, with its keys below `dir`; resolves when it answers.
 * Messages stay with Signal until somebody listens (`--receive-mode on-connection`).
 * @throws UserError SIGNAL_CLI_MISSING, SIGNAL_CLI_FAILED
 */
export async function startDaemon(options: {
  cliPath: string;
  dir: string;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}): Promise<Daemon> {
  const { clock, logger, signal } = options;
  const file = findBinary(options.cliPath, systemPath);
  if (file === null)
    throw new UserError("SIGNAL_CLI_MISSING", `there is no program ${JSON.stringify(options.cliPath)}`, {
      hint: "install signal-cli, then: openclaw config set channels.signal.cliPath /path/to/signal-cli",
    });
  const home = join(options.dir, "signal-cli");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const address = `127.0.0.1:${await freePort()}`;
  const said: string[] = [];
  const child = await startProcess(
    {
      file,
      args: [
        "--config",
        home,
        "daemon",
        "--http",
        address,
        "--receive-mode",
        "on-connection",
        "--no-receive-stdout",
      ],
      cwd: home,
      env: buildChildEnv({ source: {} }),
    },
    {
      clock,
      signal,
      onOutput: (chunk) => {
        for (const line of chunk.split("\n")) if (line.trim() !== "") said.push(line.slice(0, 300));
        said.splice(0, Math.max(0, said.length - linesKept));
      },
    },
  );
  const reason = () => said.at(-1) ?? "it said nothing";
  const ended = child.ended.then(({ exitCode }) => `signal-cli ended (${exitCode ?? "killed"}): ${reason()}`);
  const rpc = createRpc({ httpUrl: `http://${address}`, clock });
  await answers({ rpc, child, clock, signal, reason });
  logger.info("signal-cli runs", { pid: child.pid, address });
  return {
    rpc,
    ended,
    async stop() {
      child.kill();
      await child.ended;
    },
  };
}

async function answers(options: {
  rpc: SignalRpc;
  child: RunningProcess;
  clock: Clock;
  signal: AbortSignal;
  reason: () => string;
}): Promise<void> {
  const { rpc, child, clock, signal, reason } = options;
  const state = { over: false };
  void child.ended.then(() => (state.over = true));
  const until = clock.monotonic() + startTimeoutMs;
  for (;;) {
    try {
      return await rpc.check(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!state.over && clock.monotonic() < until) {
        await sleep(clock, lookEveryMs, signal);
        continue;
      }
      child.kill();
      throw new UserError(
        "SIGNAL_CLI_FAILED",
        `signal-cli did not start: ${state.over ? reason() : messageOf(error)}`,
        {
          hint: "run `signal-cli --version` to see whether it works on this machine",
          cause: error,
        },
      );
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
