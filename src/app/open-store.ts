import type { Clock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { openConfigStore, type ConfigStore, type FlagValue } from "../config/index.ts";
import { readDotenv } from "../state/index.ts";
import type { GatewayRunOptions } from "./contract.ts";
import { installedVersion } from "./version.ts";

/** The config file with what the command line, the environment and `.env` (read anew, HID-014) put before it. */
export function openGatewayConfig({ paths, env, flags }: GatewayRunOptions, clock: Clock): ConfigStore {
  const given: Array<[string, unknown, string]> = [
    ["gateway.port", flags.port, "--port"],
    ["gateway.bind", flags.bind, "--bind"],
    ["gateway.auth.token", flags.token, "--token"],
    ["gateway.tailscale.mode", flags.tailscale, "--tailscale"],
  ];
  const overrides = given.flatMap(([path, value, flag]): FlagValue[] =>
    value === undefined ? [] : [{ path, value, flag }],
  );
  return openConfigStore({
    paths,
    env,
    dotenv: readDotenv(paths.dotenvPath),
    flags: overrides,
    version: installedVersion(),
    clock,
    logger: silentLogger,
  });
}
