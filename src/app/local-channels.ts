import { join } from "node:path";
import { channelCatalog } from "../channels/catalog.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { systemClock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { silentLogger } from "../core/logger.ts";
import { createLoginLeases, type Paths } from "../state/index.ts";
import type { AppFacade, ChannelInfo } from "./contract.ts";
import { withPluginChannels } from "./plugin-channels.ts";

/** See {@link AppFacade.listChannels}. */
export const listChannels: AppFacade["listChannels"] = async (options) => {
  const catalog = await withPluginChannels(channelCatalog, { ...options, logger: silentLogger });
  return catalog.map((manifest): ChannelInfo => {
    const { id, label, capabilities, credentials } = manifest;
    return {
      id,
      label,
      can: capabilities.can,
      gaps: Object.fromEntries(Object.entries(capabilities.gaps).filter(([, why]) => why !== undefined)),
      maxTextLength: capabilities.maxTextLength,
      maxMediaBytes: capabilities.maxMediaBytes,
      ambiguousSend: capabilities.ambiguousSend,
      credentials,
      check: (config) => manifest.check(config),
    };
  });
};

/** See {@link AppFacade.loginChannel}. */
export const loginChannel: AppFacade["loginChannel"] = async (options) => {
  const { paths, channel, account, config, show, signal, force, phoneNumber } = options;
  const { platform, manifest } = await loaded(options);
  const dir = join(paths.credentialsDir, channel, account);
  const lease = claim(paths, { channel, account, identity: manifest.exclusive(config, dir) });
  try {
    const done = await platform.login?.({
      account,
      config,
      dir,
      clock: systemClock,
      logger: silentLogger,
      signal,
      show,
      ...(force === undefined ? {} : { force }),
      ...(phoneNumber === undefined ? {} : { phoneNumber }),
    });
    return { identity: done?.identity ?? account };
  } finally {
    lease?.release();
  }
};

/** See {@link AppFacade.logoutChannel}. */
export const logoutChannel: AppFacade["logoutChannel"] = async (options) => {
  const { paths, channel, account, config, signal } = options;
  const { platform } = await loaded(options);
  const dir = join(paths.credentialsDir, channel, account);
  const context = { account, config, dir, clock: systemClock, logger: silentLogger, signal };
  return (await platform.logout?.(context)) ?? { cleared: false };
};

async function loaded(options: { channel: string; paths: Paths; plugins: OpenClawConfig["plugins"] }) {
  const { channel, paths, plugins } = options;
  const known = { config: { plugins }, paths, logger: silentLogger };
  const manifest = (await withPluginChannels(channelCatalog, known)).find(({ id }) => id === channel);
  if (!manifest)
    throw new UserError("CHANNEL_UNKNOWN", `there is no channel ${JSON.stringify(channel)}`, {
      hint: "openclaw channels list",
    });
  const platform = await manifest.load();
  if (!platform.login)
    throw new UserError(
      "LOGIN_NOT_NEEDED",
      `${channel} needs no login: its credential is in the configuration`,
      {
        hint: `openclaw channels add --channel ${channel}`,
      },
    );
  return { manifest, platform };
}

function claim(paths: Paths, login: { channel: string; account: string; identity: string | null }) {
  if (login.identity === null) return null;
  const leases = createLoginLeases({
    dir: paths.loginLeasesDir,
    fallbackDir: join(paths.stateDir, "leases"),
    stateDir: paths.stateDir,
    clock: systemClock,
  });
  const result = leases.claim({ ...login, identity: login.identity });
  if ("lease" in result) return result.lease;
  const who = result.heldBy ? `${result.heldBy.stateDir}, pid ${result.heldBy.pid}` : "another process";
  throw new UserError("CONFLICT", `${who} uses this login`, { hint: "stop that gateway first" });
}
