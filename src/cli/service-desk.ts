import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import {
  lookUpAccount,
  resolveGatewayService,
  resolveNodeService,
  serviceNames,
  thisHost,
  type ServiceHost,
  type ServiceRole,
  type ServiceSpec,
  type Supervisor,
} from "../service/index.ts";
import { resolvePaths, type Paths } from "../state/index.ts";
import type { CommandContext } from "./contract.ts";
import { flag, text } from "./options.ts";

type Options = Record<string, unknown>;

/** The service of this command line's profile, and the machine it is on. */
export interface Desk {
  host: ServiceHost;
  system: boolean;
  supervisor: Supervisor;
  /** Of the account the service runs as. */
  paths: Paths;
  account?: { user: string; group: string };
}

/**
 * Which service is meant: the user's, or with `--system` (or when only that one is installed) the machine's.
 * @throws UserError SERVICE_UNAVAILABLE; UsageError for --user and --group without --system
 */
export async function openDesk(
  context: CommandContext,
  options: Options,
  given: { role: ServiceRole; host?: ServiceHost | undefined },
): Promise<Desk> {
  const { role } = given;
  const host = given.host ?? thisHost({ env: context.env, home: context.paths.home, clock: context.clock });
  const { profile, stateDir } = context.paths;
  const [user, group] = [text(options, "user"), text(options, "group")];
  if ((user ?? group) !== undefined && !flag(options, "system"))
    throw new UsageError("--user and --group are for a system service", { hint: "add --system" });
  const { unit } = serviceNames(profile, role);
  const onlySystem =
    host.platform === "linux" &&
    options.installing !== true &&
    !existsSync(join(host.home, ".config", "systemd", "user", unit)) &&
    existsSync(join(host.systemUnitDir, unit)) &&
    (await servesUs(context, host, role));
  const system = flag(options, "system") || onlySystem;
  const supervisor = resolverOf(role)(host, {
    profile,
    stateDir,
    system,
    dry: flag(options, "dryRun"),
    signal: context.signal,
  });
  if (!flag(options, "system") || options.installing !== true)
    return { host, system, supervisor, paths: context.paths };
  const found = await lookUpAccount(host, user ?? host.env.SUDO_USER ?? host.user);
  const paths =
    found.home === context.paths.home
      ? context.paths
      : resolvePaths({ profile, env: host.env, home: found.home });
  return { host, system, supervisor, paths, account: { user: found.user, group: group ?? found.group } };
}

/** What to know before a service is installed: whose it is, and what it is pinned to. `install`: the command, for hints. */
export function pinAdvice({ host, system }: Desk, spec: ServiceSpec, install: string): string[] {
  const notes: string[] = [];
  if (!system && host.uid === 0 && host.env.SUDO_USER) {
    notes.push(
      `This installs a service of root, not of ${host.env.SUDO_USER}: run it without sudo for that, or with --system for one of the machine.`,
    );
  }
  if (system && spec.account?.user === "root") {
    const what = spec.node === undefined ? "gateway" : "node";
    notes.push(`The ${what} will run as root. Give it an account of its own: --system --user openclaw`);
  }
  if (/\/\.(?:nvm|fnm|volta|asdf|n)\/|\/fnm_multishells\//.test(spec.runtime.path)) {
    notes.push(
      `The service is pinned to ${spec.runtime.path}. When that version is removed, run: ${install} --force`,
    );
  }
  return notes;
}

/** The machine's service is meant by its own account, and by root unless another state directory is asked for. */
async function servesUs({ paths }: CommandContext, host: ServiceHost, role: ServiceRole): Promise<boolean> {
  if (host.uid === 0 && !host.env.OPENCLAW_STATE_DIR) return true;
  const { profile, stateDir } = paths;
  const { facts } = await resolverOf(role)(host, { profile, stateDir, system: true }).inspect();
  return facts?.stateDir === stateDir;
}

function resolverOf(role: ServiceRole): typeof resolveNodeService {
  return role === "node" ? resolveNodeService : resolveGatewayService;
}
