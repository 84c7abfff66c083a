// Runs a command line in this process with captured output, a temporary home and the real parts behind it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Platform } from "../../src/cli/platform.ts";
import { nodePlatform } from "../../src/cli/platform-node.ts";
import { runCli } from "../../src/cli/run.ts";
import type { Clock } from "../../src/core/clock.ts";

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
}

export interface CliHome {
  home: string;
  /** `<home>/.openclaw` */
  stateDir: string;
  run(argv: string[], options?: RunOptions): Promise<CliResult>;
  /** Writes `openclaw.json`. */
  configure(config: unknown): void;
  remove: () => void;
}

interface RunOptions {
  env?: Record<string, string>;
  /** A terminal of so many columns instead of a pipe. */
  columns?: number;
  stdin?: string;
  platform?: Partial<Platform>;
  /** Ctrl-C. */
  signal?: AbortSignal;
  clock?: Clock;
  /** Called with everything written so far, after each write. */
  onOutput?: (stdout: string, stderr: string) => void;
}

export function createCliHome(): CliHome {
  const home = mkdtempSync(join(tmpdir(), "openclaw-cli-"));
  return {
    home,
    stateDir: join(home, ".openclaw"),
    async run(argv, options = {}) {
      let stdout = "";
      let stderr = "";
      const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
      const stdin = new PassThrough();
      stdin.end(options.stdin ?? "");
      const status = await runCli({
        argv,
        env: { HOME: home, ...options.env },
        stdin: stdin as unknown as NodeJS.ReadStream,
        stdout: {
          ...terminal,
          write: (text) => {
            stdout += text;
            options.onOutput?.(stdout, stderr);
          },
        },
        stderr: {
          ...terminal,
          write: (text) => {
            stderr += text;
            options.onOutput?.(stdout, stderr);
          },
        },
        platform: { ...nodePlatform(), ...options.platform },
        interruptible: () => options.signal ?? new AbortController().signal,
        ...(options.clock ? { clock: options.clock } : {}),
      });
      return { status, stdout, stderr };
    },
    configure(config) {
      mkdirSync(join(home, ".openclaw"), { recursive: true, mode: 0o700 });
      writeFileSync(join(home, ".openclaw", "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
