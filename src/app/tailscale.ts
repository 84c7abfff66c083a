import { isIP } from "node:net";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { buildChildEnv, findBinary, runProcess, searchPath } from "../guard/index.ts";

const queryTimeoutMs = 5000;
/** Where its packages put it besides the system's folders. */
const otherFolders = ["/snap/bin", "/Applications/Tailscale.app/Contents/MacOS"];
const maxOutputBytes = 4 * 1024 * 1024;

export interface CommandResult {
  ok: boolean;
  stdout: string;
  /** Everything it printed, or why it could not be run. */
  said: string;
  /** Whether it was stopped because it took too long. */
  timedOut: boolean;
}

/** The `tailscale` command of this machine; every call is one process, none keeps the gateway waiting for ever. */
export interface Tailscale {
  /** Null when Tailscale is not installed. */
  run(
    args: readonly string[],
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<CommandResult | null>;
  /** IPv4 address and name of this machine in its tailnet; null while Tailscale is not running or not signed in. */
  self(): Promise<{ ip: string | null; dnsName: string | null } | null>;
  /** Login name of the person whose machine has this tailnet address; null when unknown, or a tagged machine. */
  whois(ip: string): Promise<string | null>;
}

/** `folders`: absolute ones looked in before the system's (`tools.exec.pathPrepend`). */
export function createTailscale(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  folders?: readonly string[];
}): Tailscale {
  const { env, clock } = options;

  const run: Tailscale["run"] = async (args, { timeoutMs = queryTimeoutMs, signal } = {}) => {
    try {
      // Looked up each time: it may be installed while the gateway runs, and a wrong folder is no reason not to start.
      const folders = [...searchPath(options.folders), ...otherFolders];
      const file = findBinary("tailscale", folders);
      if (file === null) return null;
      const end = await runProcess(
        { file, args, cwd: "/", env: buildChildEnv({ source: env }) },
        { clock, timeoutMs, maxOutputBytes, ...(signal === undefined ? {} : { signal }) },
      );
      const ok = end.exitCode === 0 && !end.timedOut && !end.outputLimitHit;
      return { ok, stdout: end.stdout, said: end.output.trim(), timedOut: end.timedOut };
    } catch (error) {
      return { ok: false, stdout: "", said: messageOf(error), timedOut: false };
    }
  };
  const query = async (args: readonly string[]): Promise<Record<string, unknown> | null> => {
    const result = await run(args);
    return result?.ok === true ? parsed(result.stdout) : null;
  };

  return {
    run,
    async self() {
      const status = await query(["status", "--json"]);
      if (status?.["BackendState"] !== "Running") return null;
      // Before login every list of the answer is null, not empty.
      const ips: unknown[] = Array.isArray(status["TailscaleIPs"]) ? status["TailscaleIPs"] : [];
      const own = isObject(status["Self"]) ? status["Self"]["DNSName"] : undefined;
      const dnsName = typeof own === "string" ? own.replace(/\.$/, "") : "";
      return {
        ip: ips.find((ip): ip is string => typeof ip === "string" && isIP(ip) === 4) ?? null,
        dnsName: /^[a-z0-9.-]+$/i.test(dnsName) ? dnsName : null,
      };
    },
    async whois(ip) {
      // Also what keeps a header from becoming an option of the command.
      if (isIP(ip) === 0) return null;
      const answer = await query(["whois", "--json", ip]);
      const { Node: node, UserProfile: user } = answer ?? {};
      // A tagged machine belongs to nobody; its "login" is the same for all of them.
      if (isObject(node) && Array.isArray(node["Tags"]) && node["Tags"].length > 0) return null;
      const login = isObject(user) ? user["LoginName"] : undefined;
      return typeof login === "string" && login !== "" && login !== "tagged-devices" ? login : null;
    },
  };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null; // Not the tailscale we know.
  }
}
