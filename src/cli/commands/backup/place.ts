import { dirname, join, resolve } from "node:path";
import type { CommandContext } from "../../contract.ts";
import { configuredAgents } from "../../../config/index.ts";
import { isInside } from "../../../guard/index.ts";
import { expandHome } from "../../../state/index.ts";

export { sizeText } from "../../format.ts";

/** Where backups go unless said otherwise: never below the state directory, or each would hold the earlier ones. */
export function backupFolder({ paths }: CommandContext): string {
  const { home, stateDir } = paths;
  return join(isInside(stateDir, home) ? dirname(stateDir) : home, "openclaw-backups");
}

/** Workspaces that a backup of the state directory does not reach. */
export async function outsideWorkspaces(context: CommandContext): Promise<string[]> {
  const { paths } = context;
  const { config } = (await context.openConfig()).read();
  const named = [
    config.agents.defaults.workspace,
    ...configuredAgents(config).map((agent) => agent.workspace),
  ];
  const folders = named.flatMap((name) => (name ? [resolve(expandHome(name, paths.home))] : []));
  return [...new Set(folders)].filter((folder) => !isInside(paths.stateDir, folder));
}
