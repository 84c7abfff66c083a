// A machine that lends a gateway its commands and folders (`openclaw node run`).
import { createExecApprovalsFile, configuredExec } from "../sandbox/index.ts";
import type { NodeCommand, NodeTools } from "./contract.ts";
import { fileCommands } from "./file-commands.ts";
import { systemCommands } from "./system-commands.ts";

export type { HostState, NodeCommand, Share } from "./contract.ts";
export { openNodeFile, type NodeFile } from "./node-file.ts";
export { runNodeHost } from "./host.ts";
export { configuredExec, createExecApprovalsFile };

/** Everything this node offers, and the capabilities that say so. */
export function nodeCommands(tools: NodeTools): {
  caps: string[];
  commands: Record<string, NodeCommand>;
} {
  const files = fileCommands(tools);
  return {
    caps: ["system", ...(Object.keys(files).length > 0 ? ["files"] : [])],
    commands: { ...systemCommands(tools), ...files },
  };
}
