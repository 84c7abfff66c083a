import { spawn } from "node:child_process";
import { isAbsolute } from "node:path";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";

/**
 * Starts a program that outlives this process: without a shell, without its streams, with exactly the given
 * environment. It is never signalled from here.
 * @returns its end: the exit status, null for a signal
 * @throws UserError EXEC_INVALID; OpenClawError EXEC_SPAWN_FAILED
 */
export async function startDetached(spec: {
  /** Absolute path of the program. */
  file: string;
  args: readonly string[];
  /** Absolute. */
  cwd: string;
  env: Readonly<Record<string, string>>;
}): Promise<{ pid: number; ended: Promise<number | null> }> {
  if (!isAbsolute(spec.file) || !isAbsolute(spec.cwd))
    throw new UserError(
      "EXEC_INVALID",
      `program ${JSON.stringify(spec.file)} and folder must be absolute paths`,
    );
  return await new Promise((resolve, reject) => {
    const child = spawn(spec.file, [...spec.args], {
      cwd: spec.cwd,
      env: { ...spec.env },
      shell: false,
      detached: true,
      windowsHide: true,
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((go) => child.once("exit", (code) => go(code)));
    child.once("error", (error) =>
      reject(
        new OpenClawError("EXEC_SPAWN_FAILED", `cannot start ${spec.file}: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    );
    child.once("spawn", () => {
      child.unref();
      resolve({ pid: child.pid ?? -1, ended });
    });
  });
}
