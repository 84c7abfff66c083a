import { lstatSync, realpathSync } from "node:fs";
import { isAbsolute, normalize, relative } from "node:path";
import { UserError } from "../../core/errors.ts";
import { isInside } from "../../guard/index.ts";
import { insideHome, insideWorkspace } from "./contract.ts";

/** Places of the machine that no sandbox may be given. */
export interface Forbidden {
  /** Home directory of the operator. */
  home: string;
  /** State directory and config file: an agent must not reach what limits it. */
  secret: readonly string[];
}

/** With everything below them; `/run` holds the sockets of the system and of container engines. */
const systemTrees = ["/etc", "/proc", "/sys", "/dev", "/run", "/var/run", "/boot", "/root/.ssh"];
/** As a whole only: what lies below may be wanted. */
const systemTops = ["/", "/home", "/root", "/usr", "/var", "/var/lib", "/opt", "/tmp", "/var/lib/docker"];
/** Inside, the sandbox's own. */
const insideTaken = [
  "/",
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/etc",
  "/proc",
  "/dev",
  "/sys",
  "/run",
  "/tmp",
];

function refused(path: string, why: string, hint: string): UserError {
  return new UserError("SANDBOX_BIND_REFUSED", `${JSON.stringify(path)} is not given to a sandbox: ${why}`, {
    hint,
  });
}

/**
 * The real path of a folder that is given to a sandbox. Neither the place itself nor anything below it may be the
 * operator's home, the state directory, the config file, a place of the system, or hold one of them.
 * `ours`: folders below the state directory that are meant for agents.
 * @throws UserError SANDBOX_BIND_REFUSED
 */
export function bindSource(path: string, forbidden: Forbidden, ours: readonly string[] = []): string {
  const hint = "give the agent a folder of its own: openclaw config set agents.defaults.workspace ~/agent";
  const real = existing(path, hint);
  if (systemTrees.some((tree) => isInside(tree, real)) || systemTops.includes(real))
    throw refused(path, "it is a place of the system", hint);
  if (isInside(real, existing(forbidden.home, hint)))
    throw refused(path, "it holds the home directory", hint);
  const isOurs = ours.some((folder) => isInside(realOr(folder), real));
  const below = relative(existing(forbidden.home, hint), real);
  // Keys, logins and settings of programs lie there: .ssh, .aws, .docker, .config, …
  if (!isOurs && below.startsWith(".") && below.split("/")[0] !== "..")
    throw refused(path, "it is a hidden folder of the home directory", hint);
  for (const secret of forbidden.secret) {
    const at = realOr(secret);
    if (isInside(real, at)) throw refused(path, `it holds ${secret}`, hint);
    if (isInside(at, real) && !isOurs) throw refused(path, `it lies in ${secret}`, hint);
  }
  return real;
}

/**
 * `docker.binds`: `/outside:/inside[:ro|:rw]`, read-only unless it says rw. No part of the outside path may be a link:
 * what is shown inside is what is written in the configuration.
 * @throws UserError SANDBOX_BIND_REFUSED
 */
export function parseBinds(
  binds: readonly string[],
  forbidden: Forbidden,
): Array<{ from: string; to: string; writable: boolean }> {
  const hint = "openclaw config get agents.defaults.sandbox.docker.binds";
  return binds.map((text) => {
    const [from = "", to = "", mode = "ro", ...rest] = text.split(":");
    if (rest.length > 0 || (mode !== "ro" && mode !== "rw"))
      throw refused(text, "a bind is written /outside:/inside or /outside:/inside:rw", hint);
    if (!isAbsolute(from) || !isAbsolute(to) || normalize(from) !== from || normalize(to) !== to)
      throw refused(text, "both paths must be absolute and without .. or a slash at the end", hint);
    if (/[,\u0000-\u001f]/.test(text)) throw refused(text, "it has a comma or a control character", hint);
    if (lstatSync(from, { throwIfNoEntry: false })?.isSocket()) throw refused(text, "it is a socket", hint);
    if (existing(from, hint) !== from) throw refused(text, "a part of its path is a link", hint);
    const own = [insideWorkspace, insideHome];
    if (insideTaken.includes(to) || own.some((place) => isInside(place, to) || isInside(to, place)))
      throw refused(text, `${to} is the sandbox's own`, hint);
    if (["/usr", "/etc", "/proc", "/dev"].some((place) => isInside(place, to)))
      throw refused(text, `${to} is the sandbox's own`, hint);
    return { from: bindSource(from, forbidden), to, writable: mode === "rw" };
  });
}

function existing(path: string, hint: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new UserError(
      "SANDBOX_BIND_REFUSED",
      `${JSON.stringify(path)} cannot be given to a sandbox: it is not there`,
      {
        hint,
        cause: error,
      },
    );
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not made yet, or not readable: compared as it is written.
    return path;
  }
}
