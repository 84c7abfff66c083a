import { join, resolve } from "node:path";
import { UsageError, UserError } from "../core/errors.ts";
import type { Paths } from "./paths.ts";

export interface PathsInput {
  /** `--profile`; undefined when the flag was not given. */
  profile?: string | undefined;
  /** `--dev`: the profile `dev`. */
  dev?: boolean | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** Home directory of the user, as the caller found it; may be empty (containers, services). */
  home: string | undefined;
}

/** The two names of the profile that lives in `~/.openclaw` (CONF-03). */
const plainProfiles = new Set(["default", "main"]);

/**
 * Resolves every place on disk. OPENCLAW_STATE_DIR and OPENCLAW_CONFIG_PATH go before what the profile says
 * (PROF-018, CONF-88); a leading `~` in them is expanded because services and containers do not (HID-009).
 * @throws UsageError for a bad profile name or `--dev` beside another profile (HID-036);
 *   UserError HOME_MISSING when there is neither a home directory nor OPENCLAW_STATE_DIR.
 */
export function resolvePaths(input: PathsInput): Paths {
  const profile = resolveProfile(input);
  const home = input.home?.trim() ? resolve(input.home) : "";
  const given = input.env["OPENCLAW_STATE_DIR"]?.trim();
  if (!given && !home) {
    throw new UserError("HOME_MISSING", "there is no home directory to keep the state in (HOME is not set)", {
      hint: "set OPENCLAW_STATE_DIR to a directory of your own, e.g. OPENCLAW_STATE_DIR=/var/lib/openclaw",
    });
  }
  const stateDir = given
    ? resolve(expandHome(given, home))
    : join(home, plainProfiles.has(profile) ? ".openclaw" : `.openclaw-${profile}`);
  const config = input.env["OPENCLAW_CONFIG_PATH"]?.trim();
  const below = (...parts: string[]) => join(stateDir, ...parts);
  return {
    profile,
    home: home || stateDir,
    stateDir,
    configPath: config ? resolve(expandHome(config, home)) : below("openclaw.json"),
    dotenvPath: below(".env"),
    ledgerPath: below("ledger.sqlite"),
    logsDir: below("logs"),
    credentialsDir: below("credentials"),
    agentsDir: below("agents"),
    channelsDir: below("channels"),
    mediaDir: below("media"),
    cacheDir: below("cache"),
    identityDir: below("identity"),
    devicesDir: below("devices"),
    nodesDir: below("nodes"),
    execApprovalsPath: below("exec-approvals.json"),
    configHistoryDir: below("config-history"),
    statusPath: below("status.json"),
    loginLeasesDir: home ? join(home, ".openclaw-leases") : below("leases"),
    defaultWorkspaceDir: below("workspace"),
  };
}

function resolveProfile({ profile, dev }: PathsInput): string {
  const name = profile?.trim();
  if (dev && name !== undefined && name !== "dev") {
    throw new UsageError(`--dev and --profile ${JSON.stringify(name)} name two different profiles`, {
      hint: "use one of them; --dev is short for --profile dev",
    });
  }
  if (dev) return "dev";
  if (name === undefined) return "default";
  // The name becomes part of directory, service and unit names, so nothing else may be in it.
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/.test(name)) {
    throw new UsageError(`profile name ${JSON.stringify(name.slice(0, 80))} is not valid`, {
      hint: "use up to 64 letters, digits, - and _, e.g. --profile work",
    });
  }
  return name;
}

/** Replaces a leading `~` or `~/` by the home directory. `~user` is left alone. */
export function expandHome(path: string, home: string): string {
  if (path === "~") return home || path;
  return /^~[/\\]/.test(path) && home ? join(home, path.slice(2)) : path;
}

/** Port when nobody says otherwise: 19001 for the profile `dev` (PROF-003), else 18789. */
export function defaultGatewayPort(profile: string): number {
  return profile === "dev" ? 19001 : 18789;
}
