import type { ChannelManifest } from "../channels/contract.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { Logger } from "../core/logger.ts";
import type { Paths } from "../state/index.ts";
import { expandPath } from "./settings.ts";

/**
 * The channels of this build and those of the folders in `plugins.load.paths`. A folder that is none is told of in the
 * log and left out. Their programs are not started here, and nothing of this is loaded when no folder is named.
 */
export async function withPluginChannels(
  catalog: readonly ChannelManifest[],
  options: { config: Pick<OpenClawConfig, "plugins">; paths: Paths; logger: Logger },
): Promise<readonly ChannelManifest[]> {
  const { enabled, allow, deny, load, entries } = options.config.plugins;
  if (!enabled || load.paths.length === 0) return catalog;
  const { externalChannels } = await import("../channels/external/index.ts");
  const { manifests, problems } = externalChannels({
    folders: load.paths.map((folder) => expandPath(folder, options.paths)),
    taken: catalog.map(({ id }) => id),
    wanted: (id) =>
      (allow === undefined || allow.includes(id)) && !deny?.includes(id) && entries[id]?.enabled !== false,
  });
  for (const problem of problems) options.logger.error("a plug-in was left out", { problem });
  return [...catalog, ...manifests];
}
