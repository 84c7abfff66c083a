import { delimiter } from "node:path";
import { UserError } from "../core/errors.ts";

/** Where binaries are looked for when the operator adds nothing: places that only an administrator writes to. */
export const systemPath: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
  "/opt/homebrew/bin",
];

const inheritedNames = new Set(["HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR"]);

export interface ChildEnvOptions {
  /** The environment of this process, or what stands for it in a test. */
  source: Readonly<Record<string, string | undefined>>;
  /** Absolute folders put in front of the fixed PATH (`tools.exec.pathPrepend`, CFG-034). */
  pathPrepend?: readonly string[];
  /** Absolute folders looked into last. */
  pathAppend?: readonly string[];
  /** Further names taken over from `source`, as the operator configured them; compared without case. */
  allowNames?: readonly string[];
  /** Values set by the caller; every name must be in `allowNames`. */
  values?: Readonly<Record<string, string>>;
}

/**
 * The environment of a child process: an allow-list built by us, never what we inherited (threats.md 4.9).
 * @throws UserError EXEC_ENV_DENIED for a value whose name the operator did not allow, EXEC_PATH_INVALID for a relative folder.
 */
export function buildChildEnv(options: ChildEnvOptions): Record<string, string> {
  const allowed = new Set((options.allowNames ?? []).map((name) => name.toUpperCase()));
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.source)) {
    if (value === undefined || value.includes("\0")) continue;
    const upper = name.toUpperCase();
    if (inheritedNames.has(name) || /^LC_[A-Z]+$/.test(name) || (allowed.has(upper) && upper !== "PATH"))
      env[name] = value;
  }
  for (const [name, value] of Object.entries(options.values ?? {})) {
    if (
      !allowed.has(name.toUpperCase()) ||
      name.toUpperCase() === "PATH" ||
      !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ) {
      throw new UserError(
        "EXEC_ENV_DENIED",
        `environment variable ${JSON.stringify(name.slice(0, 80))} may not be set`,
        {
          hint: "the operator allows names with `openclaw config set tools.exec.passEnv '[\"NAME\"]'`",
        },
      );
    }
    if (value.includes("\0")) {
      throw new UserError("EXEC_ENV_DENIED", `environment variable ${name} contains a NUL byte`);
    }
    env[name] = value;
  }
  env["PATH"] = searchPath(options.pathPrepend, options.pathAppend).join(delimiter);
  env["TERM"] ??= "dumb";
  return env;
}

/**
 * The folders binaries are looked for in: configured ones, the machine's, then `append`.
 * @throws UserError EXEC_PATH_INVALID
 */
export function searchPath(prepend: readonly string[] = [], append: readonly string[] = []): string[] {
  for (const folder of prepend) {
    if (!folder.startsWith("/") || folder.includes(delimiter) || folder.includes("\0")) {
      throw new UserError(
        "EXEC_PATH_INVALID",
        `tools.exec.pathPrepend has ${JSON.stringify(folder)}, which is not an absolute folder`,
        {
          hint: "openclaw config set tools.exec.pathPrepend '[\"/opt/tools/bin\"]'",
        },
      );
    }
  }
  return [...new Set([...prepend, ...systemPath, ...append])];
}
