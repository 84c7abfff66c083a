import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../bin/openclaw.js", import.meta.url));

export interface GatewayProcess {
  port: number;
  /** Spawns it; resolves when /health answers, or when it ended before that. */
  start(): Promise<void>;
  /** Waits until /health answers; false when it ended before. */
  ready(timeoutMs: number): Promise<boolean>;
  pid(): number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with exit code or signal. */
  ended(): Promise<number | string>;
  stop(): Promise<number | string>;
  starts: number;
}

/** The real gateway from dist/ as a child process on a fixed free port over one state directory. */
export async function createGatewayProcess(options: {
  stateDir: string;
  logFile: string;
  env?: Record<string, string>;
}): Promise<GatewayProcess> {
  const port = await freePort();
  let child: ChildProcess | null = null;
  let end: Promise<number | string> = Promise.resolve(0);
  const log = createWriteStream(options.logFile, { flags: "a" });

  const gateway: GatewayProcess = {
    port,
    starts: 0,
    async start() {
      gateway.starts++;
      const started = spawn(
        process.execPath,
        [cli, "gateway", "--port", String(port), "--allow-unconfigured"],
        {
          env: {
            PATH: process.env["PATH"] ?? "",
            HOME: join(options.stateDir, ".."),
            OPENCLAW_STATE_DIR: options.stateDir,
            ...options.env,
          },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      started.stdout.pipe(log, { end: false });
      started.stderr.pipe(log, { end: false });
      child = started;
      end = new Promise((resolve) => started.once("exit", (code, signal) => resolve(signal ?? code ?? -1)));
      await Promise.resolve();
    },
    async ready(timeoutMs) {
      let over = false;
      void end.then(() => (over = true));
      const until = Date.now() + timeoutMs;
      while (!over && Date.now() < until) {
        const answered = await fetch(`http://127.0.0.1:${port}/health`, {
          signal: AbortSignal.timeout(1000),
        }).then(
          (response) => response.ok,
          () => false,
        );
        if (answered) return true;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return false;
    },
    pid: () => child?.pid ?? -1,
    kill: (signal) => void child?.kill(signal),
    ended: () => end,
    async stop() {
      child?.kill("SIGTERM");
      return end;
    },
  };
  return gateway;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
