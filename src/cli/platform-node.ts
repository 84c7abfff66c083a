import { homedir } from "node:os";
import { packageVersion } from "./package-info.ts";
import type { ConnectRequest, Env, Platform } from "./platform.ts";

/** The real parts, each imported when it is first asked for. */
export function nodePlatform(): Platform {
  let dotenv: Env = {};
  return {
    async resolvePaths({ profile, dev, env }) {
      const { resolvePaths } = await import("../state/index.ts");
      return resolvePaths({ profile, dev, env, home: env.HOME ?? env.USERPROFILE ?? homedir() });
    },
    async loadEnv(paths, env) {
      const { mergeEnv, readDotenv } = await import("../state/index.ts");
      dotenv = readDotenv(paths.dotenvPath);
      return mergeEnv(env, dotenv);
    },
    async openConfig(paths, env) {
      const { openConfigStore } = await import("../config/index.ts");
      const { systemClock } = await import("../core/clock.ts");
      const { silentLogger } = await import("../core/logger.ts");
      return openConfigStore({
        paths,
        env,
        dotenv,
        flags: [],
        version: packageVersion(),
        clock: systemClock,
        logger: silentLogger,
      });
    },
    async quickSettings(paths, env) {
      const { readSettingsQuickly } = await import("../config/quick/index.ts");
      return readSettingsQuickly({ paths, env, dotenv, version: packageVersion() });
    },
    async runningGateway(paths) {
      const { readGatewayLock } = await import("../state/index.ts");
      const lock = readGatewayLock(paths);
      if (!lock) return null;
      return {
        pid: lock.pid,
        host: lock.host ?? "127.0.0.1",
        port: lock.port,
        version: lock.version,
        startedAt: Date.parse(lock.createdAt) || null,
      };
    },
    connect,
    app: () => import("../app/index.ts"),
  };
}

async function connect(request: ConnectRequest): Promise<import("../client/contract.ts").GatewayClient> {
  const { connectGateway } = await import("../client/index.ts");
  return connectGateway({
    url: request.url,
    auth: {
      ...(request.token ? { token: request.token } : {}),
      ...(request.password ? { password: request.password } : {}),
    },
    client: { ...request.client, platform: process.platform },
    scopes: request.scopes,
    caps: request.caps,
    timeoutMs: request.timeoutMs,
    ...(request.tls === null ? {} : { tls: request.tls }),
    ...(await identity(request)),
  });
}

/**
 * On this machine the shared secret is enough and needs no key file. Anywhere else a device is what gets scopes, and
 * so it is here when no secret is known (a token this device was given earlier may do).
 */
async function identity(request: ConnectRequest): Promise<object> {
  if (request.local && (request.token || request.password)) return {};
  const { openDeviceIdentity, openDeviceTokens } = await import("../client/identity/index.ts");
  const { systemClock } = await import("../core/clock.ts");
  const { identityDir } = request.paths;
  const now = systemClock.now();
  const device = openDeviceIdentity({ identityDir, now });
  return {
    device,
    deviceTokens: openDeviceTokens({ identityDir, deviceId: device.id, now: () => systemClock.now() }),
  };
}
