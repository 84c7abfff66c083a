import { spawn, type ChildProcess } from "node:child_process";
import { isAbsolute } from "node:path";
import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";
import { watchEnding } from "./process-ending.ts";

export interface ProcessSpec {
  /** Absolute path of the program. */
  file: string;
  args: readonly string[];
  /** Name the program sees as its own; default `file`. */
  argv0?: string;
  /** Absolute. */
  cwd: string;
  /** The whole environment; see `buildChildEnv`. */
  env: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed unless `keepInputOpen`. */
  stdin?: string | Uint8Array;
  /** For {@link RunningProcess.write}. */
  keepInputOpen?: boolean;
  /** Pipes besides the three: descriptor 3 of the program first; see {@link RunningProcess.pipes}. */
  extraPipes?: number;
}

export interface ProcessLimits {
  /** Milliseconds until the whole group is stopped; absent means no limit. */
  timeoutMs?: number;
  /** Bytes of output after which the group is stopped; absent means no limit. */
  maxOutputBytes?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 2,000. */
  killGraceMs?: number;
}

export interface ProcessEnd {
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  aborted: boolean;
  outputLimitHit: boolean;
  durationMs: number;
}

export interface RunningProcess {
  readonly pid: number;
  /** Settles once, never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** False when standard input is closed. */
  write(data: string): boolean;
  closeInput(): void;
  /** Our ends of `extraPipes`. A failure of one is reported by its end. */
  readonly pipes: readonly Duplex[];
  /** Asks the group to stop, and makes it. Harmless after the end. */
  kill(): void;
}

/**
 * Starts a program without a shell, in a process group of its own, with exactly the given environment (threats.md
 * section 3, `runProcess`). Output is decoded as UTF-8 and handed over as it comes.
 * Only the group that was started here is ever signalled.
 * @throws UserError EXEC_INVALID for a relative program or NUL bytes; OpenClawError EXEC_SPAWN_FAILED when it cannot start.
 */
export async function startProcess(
  spec: ProcessSpec,
  options: ProcessLimits & {
    clock: Clock;
    signal?: AbortSignal;
    onOutput: (chunk: string, stream: "stdout" | "stderr") => void;
  },
): Promise<RunningProcess> {
  if (!isAbsolute(spec.file) || !isAbsolute(spec.cwd)) {
    throw new UserError(
      "EXEC_INVALID",
      `program ${JSON.stringify(spec.file)} and folder must be absolute paths`,
    );
  }
  if ([spec.file, spec.cwd, ...spec.args].some((part) => part.includes("\0"))) {
    throw new UserError("EXEC_INVALID", "arguments must not contain NUL bytes");
  }
  options.signal?.throwIfAborted();
  const { clock } = options;
  const startedAt = clock.monotonic();
  const child = await spawned(spec);
  const pid = child.pid ?? -1;

  const { signal } = options;
  const ending = watchEnding({ pid, gentle: "SIGTERM", limits: options, clock, signal, startedAt });
  let bytes = 0;
  let isFull = false;
  const onChunk = (stream: "stdout" | "stderr") => {
    const decoder = new StringDecoder("utf8");
    return (chunk: Buffer) => {
      const room = options.maxOutputBytes === undefined ? chunk.length : options.maxOutputBytes - bytes;
      bytes += chunk.length;
      const text = decoder.write(chunk.length > room ? chunk.subarray(0, Math.max(0, room)) : chunk);
      if (text) options.onOutput(text, stream);
      if (chunk.length > room && !isFull) {
        isFull = true;
        ending.tooMuch();
      }
    };
  };
  child.stdout?.on("data", onChunk("stdout"));
  child.stderr?.on("data", onChunk("stderr"));
  // EPIPE when the program closes its input early is its own business.
  child.stdin?.on("error", () => child.stdin?.destroy());
  if (spec.stdin !== undefined) child.stdin?.write(spec.stdin);
  if (!spec.keepInputOpen) child.stdin?.end();

  const pipes = child.stdio.slice(3) as unknown as Duplex[];
  for (const pipe of pipes) pipe.on("error", () => pipe.destroy());
  const ended = new Promise<ProcessEnd>((resolve) => {
    const finish = () => {
      const end = ending.finish({ exitCode: child.exitCode, signal: child.signalCode });
      if (end === null) return;
      child.stdout?.destroy();
      child.stderr?.destroy();
      for (const pipe of pipes) pipe.destroy();
      resolve(end);
    };
    child.once("close", finish);
    child.once("exit", () => {
      // A grandchild may keep the pipes open for ever. It is of our group (it holds our pipe), so it goes too.
      const timer = setTimeout(() => {
        ending.signalGroup("SIGKILL");
        finish();
      }, 500);
      timer.unref();
    });
  });

  return {
    pid,
    ended,
    write: (data) => child.stdin?.writable === true && (child.stdin.write(data), true),
    closeInput: () => void child.stdin?.end(),
    pipes,
    kill: () => ending.kill(),
  };
}

function spawned(spec: ProcessSpec): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(
        new OpenClawError("EXEC_SPAWN_FAILED", `cannot start ${spec.file}: ${messageOf(error)}`, {
          cause: error,
        }),
      );
    try {
      const child = spawn(spec.file, [...spec.args], {
        argv0: spec.argv0 ?? spec.file,
        cwd: spec.cwd,
        env: { ...spec.env },
        shell: false,
        detached: true,
        windowsHide: true,
        stdio: Array<"pipe">(3 + (spec.extraPipes ?? 0)).fill("pipe"),
      });
      child.once("error", fail);
      child.once("spawn", () => {
        child.off("error", fail);
        // Later errors are failed signals; the end is reported by "exit".
        child.on("error", () => undefined);
        resolve(child);
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** Runs a program to its end and returns its whole output (both streams in `output`, in order of arrival). */
export async function runProcess(
  spec: ProcessSpec,
  options: ProcessLimits & { clock: Clock; signal?: AbortSignal },
): Promise<ProcessEnd & { stdout: string; stderr: string; output: string }> {
  const parts: Array<{ chunk: string; stream: "stdout" | "stderr" }> = [];
  const running = await startProcess(spec, {
    timeoutMs: 60_000,
    maxOutputBytes: 16 * 1024 * 1024,
    ...options,
    onOutput: (chunk, stream) => void parts.push({ chunk, stream }),
  });
  const end = await running.ended;
  const pick = (stream: "stdout" | "stderr") =>
    parts.map((part) => (part.stream === stream ? part.chunk : "")).join("");
  return {
    ...end,
    stdout: pick("stdout"),
    stderr: pick("stderr"),
    output: parts.map((part) => part.chunk).join(""),
  };
}
