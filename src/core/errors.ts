/** Options of {@link OpenClawError}. */
export interface ErrorOptionsWithHint {
  /** What to do about it: a command to run where there is one, else one sentence. */
  hint?: string;
  cause?: unknown;
  /** Whether the same call may succeed later without anybody changing anything. */
  retryable?: boolean;
  /** Machine-readable facts for the caller; never a secret. */
  details?: Record<string, unknown>;
}

/**
 * The one base class of errors. `code` is stable and listed in docs/reference/errors.md, `message` says what
 * happened with the value that was bad, `hint` how to mend it. Anything thrown that is not one of these is a bug
 * and prints a stack.
 */
export class OpenClawError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: string, message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }
}

/** A failure the user can mend: printed as message and hint without a stack; the CLI exits with 1. */
export class UserError extends OpenClawError {}

/** The command line itself is wrong: the CLI exits with 2. */
export class UsageError extends UserError {
  constructor(message: string, options: ErrorOptionsWithHint = {}) {
    super("USAGE", message, options);
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of an error: ours, or Node's (`ENOSPC`, …), or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
