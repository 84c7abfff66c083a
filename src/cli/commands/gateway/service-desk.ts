import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ConfigStore } from "../../../config/contract.ts";
import { UsageError } from "../../../core/errors.ts";
import { silentLogger } from "../../../core/logger.ts";
import { Secret } from "../../../core/secret.ts";
import {
  buildServiceSpec,
  lookUpAccount,
  resolveGatewayService,
  serviceNames,
  thisHost,
  type ServiceFacts,
  type ServiceHost,
  type ServiceSpec,
  type Supervisor,
} from "../../../service/index.ts";
import { defaultGatewayPort, readDotenv, resolvePaths, type Paths } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { choice, flag, integer, text } from "../../options.ts";
import { installRoot } from "../../package-info.ts";

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

export function hostOf(context: CommandContext): ServiceHost {
  return thisHost({ env: context.env, home: context.paths.home, clock: context.clock });
}

/**
 * Which service is meant: the user's, or with `--system` (or when only that one is installed) the machine's.
 * @throws UserError SERVICE_UNAVAILABLE; UsageError for --user and --group without --system
 */
export async function openDesk(
  context: CommandContext,
  options: Options,
  host: ServiceHost = hostOf(context),
): Promise<Desk> {
  const { profile, stateDir } = context.paths;
  const [user, group] = [text(options, "user"), text(options, "group")];
  if ((user ?? group) !== undefined && !flag(options, "system"))
    throw new UsageError("--user and --group are for a system service", { hint: "add --system" });
  const { unit } = serviceNames(profile);
  const onlySystem =
    host.platform === "linux" &&
    options.installing !== true &&
    !existsSync(join(host.home, ".config", "systemd", "user", unit)) &&
    existsSync(join(host.systemUnitDir, unit)) &&
    (await servesUs(context, host));
  const system = flag(options, "system") || onlySystem;
  const supervisor = resolveGatewayService(host, {
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

/** The machine's service is meant by its own account, and by root unless another state directory is asked for. */
async function servesUs({ paths }: CommandContext, host: ServiceHost): Promise<boolean> {
  if (host.uid === 0 && !host.env.OPENCLAW_STATE_DIR) return true;
  const { profile, stateDir } = paths;
  const { facts } = await resolveGatewayService(host, { profile, stateDir, system: true }).inspect();
  return facts?.stateDir === stateDir;
}

/** The configuration the service will read. */
export async function serviceConfig(context: CommandContext, desk: Desk): Promise<ConfigStore> {
  if (desk.paths === context.paths) return context.openConfig();
  const { openConfigStore } = await import("../../../config/index.ts");
  return openConfigStore({
    paths: desk.paths,
    env: context.env,
    dotenv: readDotenv(desk.paths.dotenvPath),
    flags: [],
    version: context.version,
    clock: context.clock,
    logger: silentLogger,
  });
}

/** What the definition should say now. `installed`: what it says, for what is kept. */
export async function wantedSpec(
  context: CommandContext,
  options: Options,
  desk: Desk,
  installed: ServiceFacts | null,
): Promise<{ spec: ServiceSpec; configured: { token: Secret | null; password: Secret | null } }> {
  const store = await serviceConfig(context, desk);
  const { auth } = store.read().config.gateway;
  const runtime = choice(options, "runtime", ["node", "bun"] as const) ?? "node";
  const bun = process.versions.bun !== undefined;
  const spec = buildServiceSpec(desk.host, {
    paths: desk.paths,
    version: context.version,
    packageRoot: installRoot(),
    runtime,
    executable: { kind: bun ? "bun" : "node", path: process.execPath },
    port: await servicePort(options, store, desk.paths.profile, installed),
    secrets: secretsOf(options, store, installed),
    ...(desk.account ? { account: desk.account } : {}),
    ...(flag(options, "withoutLogon") ? { withoutLogon: true } : {}),
    nodeOptions: installed?.nodeOptions ?? null,
  });
  const secret = (value: string | undefined) => (value ? new Secret(value) : null);
  return { spec, configured: { token: secret(auth.token), password: secret(auth.password) } };
}

/**
 * Flag, environment, file; for a new named profile that has none a free one of its own, since the default would collide
 * (CONF-04).
 */
async function servicePort(
  options: Options,
  store: ConfigStore,
  profile: string,
  installed: ServiceFacts | null,
): Promise<number> {
  const given = integer(options, "port", { min: 1, max: 65_535 });
  if (given !== undefined) return given;
  const { source, value } = store.explain("gateway.port");
  if (source !== "default" && typeof value === "number") return value;
  if (profile === "default" || profile === "main" || profile === "dev") return defaultGatewayPort(profile);
  if (installed?.port) return installed.port;
  const { findFreePort } = await import("./free-port.ts");
  return findFreePort(profile === "rescue" ? 19_789 : 19_002);
}

/**
 * A secret in the definition outranks the configuration, so one is put there only when it is nowhere the gateway would
 * find it by itself: given with --token, or only in the environment of this command (HID-017).
 */
function secretsOf(
  options: Options,
  store: ConfigStore,
  installed: ServiceFacts | null,
): Record<string, Secret> {
  const secrets: Record<string, Secret> = {};
  for (const what of ["token", "password"] as const) {
    const { source, value, shadowed } = store.explain(`gateway.auth.${what}`);
    const inFile =
      source === "file" || source === ".env"
        ? value
        : shadowed.find((each) => each.source !== "default")?.value;
    const given = what === "token" ? text(options, "token") : undefined;
    const own =
      given ?? (source === "env" ? value : undefined) ?? (inFile ? undefined : installed?.[what]?.reveal());
    if (typeof own === "string" && own !== "" && own !== inFile)
      secrets[`OPENCLAW_GATEWAY_${what.toUpperCase()}`] = new Secret(own);
  }
  return secrets;
}
