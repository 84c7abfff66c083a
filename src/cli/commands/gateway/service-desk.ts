import type { ConfigStore } from "../../../config/contract.ts";
import { silentLogger } from "../../../core/logger.ts";
import { Secret } from "../../../core/secret.ts";
import { buildServiceSpec, type ServiceFacts, type ServiceSpec } from "../../../service/index.ts";
import { defaultGatewayPort, readDotenv } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { choice, flag, integer, text } from "../../options.ts";
import { installRoot } from "../../package-info.ts";
import type { Desk } from "../../service-desk.ts";

type Options = Record<string, unknown>;

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
