import { OpenClawError, UsageError, codeOf, messageOf } from "../core/errors.ts";
import { commandsOfProfile } from "./profile-words.ts";
import { printable } from "./terminal.ts";

/** A failure in the form people and scripts get it. */
export interface RenderedError {
  exitCode: number;
  /** For standard error; empty in JSON mode. */
  stderr: string;
  /** For standard output; empty unless JSON was asked for. */
  stdout: string;
}

const reportTo = "https://github.com/openclaw/openclaw/issues";

/**
 * The one place where failures become text (ERR): message, then the remedy on its own line. With `json` the answer is
 * `{"ok":false,"error":{code,message,hint}}` on standard output and nothing else. What is no OpenClawError and no
 * system error of Node is a bug and prints its stack.
 */
export function renderError(
  error: unknown,
  options: {
    json: boolean;
    red: (t: string) => string;
    verbose: boolean;
    /** The profile of this command line, for the commands that hints name. */
    profile?: string | undefined;
  },
): RenderedError {
  const exitCode = error instanceof UsageError ? 2 : 1;
  const known = describe(error);
  if (known.hint) known.hint = commandsOfProfile(known.hint, options.profile);
  if (options.json) {
    const { code, message, hint } = known;
    const body = { ok: false, error: { code, message, ...(hint ? { hint } : {}) } };
    return { exitCode, stderr: "", stdout: `${JSON.stringify(body)}\n` };
  }
  const lines = [`${options.red("error:")} ${printable(known.message)}`];
  if (known.hint) lines.push(`hint: ${printable(known.hint)}`);
  if (known.bug || (options.verbose && error instanceof Error)) {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    const trace = stack.split("\n").filter((line) => /^\s+at /.test(line));
    if (trace.length > 0) lines.push(...trace.map(printable));
    for (let cause = causeOf(error); cause !== undefined; cause = causeOf(cause))
      lines.push(`caused by: ${printable(messageOf(cause))}`);
  }
  if (known.bug) lines.push(`This is a bug in openclaw. Please report it with the lines above: ${reportTo}`);
  return { exitCode, stderr: `${lines.join("\n")}\n`, stdout: "" };
}

function describe(error: unknown): { code: string; message: string; hint?: string; bug: boolean } {
  if (error instanceof OpenClawError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint ? { hint: error.hint } : {}),
      // Answers of the gateway arrive as OpenClawError with the gateway's code: not a bug of this program.
      bug: false,
    };
  }
  const code = codeOf(error);
  if (code && /^E[A-Z0-9]+$/.test(code)) {
    const hint = systemHints[code];
    return { code, message: messageOf(error), ...(hint ? { hint } : {}), bug: false };
  }
  return { code: "INTERNAL", message: messageOf(error) || "unknown failure", bug: true };
}

const systemHints: Record<string, string> = {
  EACCES: "check the owner and the mode of the path: `ls -ld <path>`",
  EPERM: "check the owner and the mode of the path: `ls -ld <path>`",
  ENOSPC: "the disk is full: `df -h`",
  EDQUOT: "the disk quota is used up: `quota`",
  EROFS: "the file system is read-only: point OPENCLAW_STATE_DIR at a writable place",
  EMFILE: "too many open files: `ulimit -n`",
};

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
