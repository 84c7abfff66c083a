import { createHash } from "node:crypto";
import { messageOf } from "../../core/errors.ts";
import type { ChannelManifest } from "../contract.ts";
import { readAdapterPackage } from "./manifest.ts";

// Channels of somebody else: a folder with a description and a module, run in a process of its own.
export { manifestFile } from "./manifest.ts";

/**
 * The channel of a folder (`plugins.load.paths`). Only its `openclaw.channel.json` is read here; the program is started
 * with an account. @throws UserError CHANNEL_PACKAGE.
 */
export function externalChannel(folder: string): ChannelManifest {
  const pack = readAdapterPackage(folder);
  const { id, label, capabilities, credentials } = pack;
  return {
    id,
    label,
    capabilities,
    credentials,
    exclusive(config) {
      const values = pack.exclusive.map((key) => config[key]);
      if (values.length === 0 || values.some((value) => value === undefined)) return null;
      return createHash("sha256")
        .update(JSON.stringify([id, ...values]))
        .digest("hex");
    },
    check: (config) =>
      credentials.flatMap(({ key, title, optional }) =>
        optional || (typeof config[key] === "string" && config[key] !== "")
          ? []
          : [{ key, message: `is missing: ${title}` }],
      ),
    load: async () => {
      const { startExternalAccount } = await import("./account.ts");
      const { externalLogin } = await import("./login.ts");
      return {
        id,
        label,
        start: (context) => startExternalAccount(pack, context),
        ...(capabilities.can.includes("login") ? externalLogin(pack) : {}),
      };
    },
  };
}

/**
 * The channels of several folders. A folder that is no channel, or whose id is taken, is left out and told of: one
 * broken plug-in must not keep the gateway from its other channels.
 */
export function externalChannels(options: {
  folders: readonly string[];
  taken: readonly string[];
  wanted: (id: string) => boolean;
}): { manifests: ChannelManifest[]; problems: string[] } {
  const manifests: ChannelManifest[] = [];
  const problems: string[] = [];
  for (const folder of options.folders) {
    try {
      const manifest = externalChannel(folder);
      if (!options.wanted(manifest.id)) continue;
      if (options.taken.includes(manifest.id) || manifests.some(({ id }) => id === manifest.id))
        problems.push(`${folder}: there is a channel "${manifest.id}" already`);
      else manifests.push(manifest);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return { manifests, problems };
}
