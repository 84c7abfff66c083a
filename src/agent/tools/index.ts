import type { Tool, ToolContext } from "../contract.ts";
import { applyPatchTool } from "./apply-patch/index.ts";
import { editTool } from "./edit/index.ts";
import { createApprovalGate } from "../tool-kit/approval-gate.ts";
import { nodeOnly } from "./exec/host.ts";
import { execTool } from "./exec/index.ts";
import { findTool } from "./find/index.ts";
import { grepTool } from "./grep/index.ts";
import { lsTool } from "./ls/index.ts";
import { memoryTools } from "./memory/index.ts";
import { messageTool } from "./message/index.ts";
import { nodesTool } from "./nodes/index.ts";
import { createNodeRunner } from "../tool-kit/nodes/run-command.ts";
import { processTool } from "./exec/process-tool.ts";
import { readTool } from "./read/index.ts";
import type { ToolServices } from "./services.ts";
import { sessionTools } from "./sessions/index.ts";
import { browserTool } from "./browser/index.ts";
import { webSearchTool } from "./web-search/index.ts";
import { webFetchTool } from "./web-fetch/index.ts";
import { writeTool } from "./write/index.ts";

export type { SessionServices, ToolServices, ToolSession } from "./services.ts";
export { createProcessRegistry } from "./exec/registry.ts";

/**
 * The built-in tools. A tool whose service is absent is not offered. Which of them an agent may use is decided by the
 * tool policy, not here.
 */
export function createTools(services: ToolServices): Tool[] {
  const { exec, web, search, browser, memory, sessions, message, nodes } = services;
  const tools = [
    readTool(services),
    writeTool(services),
    editTool(services),
    applyPatchTool(services),
    lsTool(services),
    grepTool(services),
    findTool(services),
  ];
  if (exec) {
    const gate = createApprovalGate(exec.approvals);
    const onNodes = nodes ? { nodes, runner: createNodeRunner({ nodes, gate }) } : null;
    tools.push(execTool({ ...services, exec, onNodes }, gate), processTool({ ...services, exec }, gate));
    if (onNodes) {
      const settings = (of: ToolContext) => exec.settings(of.agentId, of.sessionKey);
      const commandsOn = (of: ToolContext, node: string | undefined) =>
        nodeOnly(settings(of), node, of.sandbox !== null);
      tools.push(nodesTool({ ...services, ...onNodes, gate, settings, commandsOn }));
    }
  }
  if (web) tools.push(webFetchTool({ web, clock: services.clock }));
  if (search) tools.push(webSearchTool({ search, clock: services.clock }));
  if (browser) tools.push(browserTool({ ...services, browser }));
  if (memory) tools.push(...memoryTools({ memory }));
  if (sessions) tools.push(...sessionTools({ clock: services.clock, sessions }));
  if (message) tools.push(messageTool({ ...services, message }));
  return tools;
}
