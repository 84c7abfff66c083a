import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import { watchEnding } from "./process-ending.ts";
import type { ProcessEnd, ProcessLimits, ProcessSpec, RunningProcess } from "./run-process.ts";

/**
 * Starts a program on a pseudo terminal; otherwise the same contract as `startProcess`.
 * The native library is optional and loaded on first use.
 * @throws UserError PTY_UNAVAILABLE when it is not installed for this system; OpenClawError EXEC_SPAWN_FAILED.
 */
export async function startPty(
  spec: ProcessSpec,
  options: ProcessLimits & {
    clock: Clock;
    signal?: AbortSignal;
    columns?: number;
    rows?: number;
    onOutput: (chunk: string) => void;
  },
): Promise<RunningProcess> {
  if (!spec.file.startsWith("/") || !spec.cwd.startsWith("/")) {
    throw new UserError(
      "EXEC_INVALID",
      `program ${JSON.stringify(spec.file)} and folder must be absolute paths`,
    );
  }
  options.signal?.throwIfAborted();
  const pty = await import("@lydell/node-pty").catch((error: unknown) => {
    throw new UserError("PTY_UNAVAILABLE", "terminals (pty) are not available on this system", {
      hint: "run the command again without `pty`",
      cause: error,
    });
  });
  const { clock } = options;
  const startedAt = clock.monotonic();
  let terminal: ReturnType<typeof pty.spawn>;
  try {
    terminal = pty.spawn(spec.file, [...spec.args], {
      name: "xterm-256color",
      cols: options.columns ?? 120,
      rows: options.rows ?? 40,
      cwd: spec.cwd,
      env: { ...spec.env },
    });
  } catch (error) {
    throw new OpenClawError("EXEC_SPAWN_FAILED", `cannot start ${spec.file} on a terminal`, { cause: error });
  }
  const { signal } = options;
  // The library makes the child a session leader, so its pid is its group.
  const ending = watchEnding({
    pid: terminal.pid,
    gentle: "SIGHUP",
    limits: options,
    clock,
    signal,
    startedAt,
  });
  let bytes = 0;
  terminal.onData((chunk) => {
    bytes += Buffer.byteLength(chunk);
    if (options.maxOutputBytes !== undefined && bytes > options.maxOutputBytes) ending.tooMuch();
    else options.onOutput(chunk);
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    terminal.onExit(({ exitCode, signal: by }) => {
      const end = ending.finish({ exitCode: by ? null : exitCode, signal: by ? String(by) : null });
      if (end) resolve(end);
    });
  });
  if (typeof spec.stdin === "string") terminal.write(spec.stdin);
  return {
    pid: terminal.pid,
    ended,
    write: (data) => !ending.isOver() && (terminal.write(data), true),
    pipes: [],
    // End of transmission: what a terminal has instead of closing its input.
    closeInput: () => void (ending.isOver() || terminal.write("\u0004")),
    kill: () => ending.kill(),
  };
}
