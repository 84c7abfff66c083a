import type { Clock } from "../core/clock.ts";
import { codeOf, OpenClawError, UserError } from "../core/errors.ts";
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
  const state = {
    timedOut: false,
    aborted: false,
    outputLimitHit: false,
    bytes: 0,
    over: false,
    stopping: false,
  };
  const cancels: Array<() => void> = [];
  const signalGroup = (name: "SIGHUP" | "SIGKILL") => {
    if (state.over) return;
    try {
      // The library makes the child a session leader, so its pid is its group.
      process.kill(-terminal.pid, name);
    } catch (error) {
      if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
    }
  };
  const kill = () => {
    if (state.stopping || state.over) return;
    state.stopping = true;
    signalGroup("SIGHUP");
    cancels.push(clock.after(options.killGraceMs ?? 2000, () => signalGroup("SIGKILL")));
  };
  terminal.onData((chunk) => {
    state.bytes += Buffer.byteLength(chunk);
    if (options.maxOutputBytes !== undefined && state.bytes > options.maxOutputBytes) {
      state.outputLimitHit = true;
      kill();
      return;
    }
    options.onOutput(chunk);
  });
  const onAbort = () => {
    state.aborted = true;
    kill();
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.timeoutMs !== undefined) {
    cancels.push(
      clock.after(options.timeoutMs, () => {
        state.timedOut = true;
        kill();
      }),
    );
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      state.over = true;
      for (const cancel of cancels) cancel();
      options.signal?.removeEventListener("abort", onAbort);
      resolve({
        exitCode: signal ? null : exitCode,
        signal: signal ? String(signal) : null,
        timedOut: state.timedOut,
        aborted: state.aborted,
        outputLimitHit: state.outputLimitHit,
        durationMs: Math.round(clock.monotonic() - startedAt),
      });
    });
  });
  if (typeof spec.stdin === "string") terminal.write(spec.stdin);
  return {
    pid: terminal.pid,
    ended,
    write: (data) => !state.over && (terminal.write(data), true),
    pipes: [],
    // End of transmission: what a terminal has instead of closing its input.
    closeInput: () => void (state.over || terminal.write("\u0004")),
    kill,
  };
}
