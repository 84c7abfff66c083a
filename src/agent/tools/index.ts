import type { Tool } from "../contract.ts";
import { applyPatchTool } from "./apply-patch/index.ts";
import { editTool } from "./edit/index.ts";
import { createApprovalGate } from "./exec/gate.ts";
import { execTool } from "./exec/index.ts";
import { findTool } from "./find/index.ts";
import { grepTool } from "./grep/index.ts";
import { lsTool } from "./ls/index.ts";
import { memoryTools } from "./memory/index.ts";
import { messageTool } from "./message/index.ts";
import { processTool } from "./exec/process-tool.ts";
import { readTool } from "./read/index.ts";
import type { ToolServices } from "./services.ts";
import { sessionTools } from "./sessions/index.ts";
import { webFetchTool } from "./web-fetch/index.ts";
import { writeTool } from "./write/index.ts";

export type { SessionServices, ToolServices, ToolSession, WebFetchSettings } from "./services.ts";
export { createProcessRegistry, type ProcessRegistry } from "./exec/registry.ts";
export { visibleSessions } from "./sessions/visible.ts";

/**
 * The built-in tools. A tool whose service is absent is not offered. Which of them an agent may use is decided by the
 * tool policy, not here.
 */
export function createTools(services: ToolServices): Tool[] {
  const { exec, web, memory, sessions, message } = services;
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
    tools.push(execTool({ ...services, exec }, gate), processTool({ ...services, exec }, gate));
  }
  if (web) tools.push(webFetchTool({ web }));
  if (memory) tools.push(...memoryTools({ memory }));
  if (sessions) tools.push(...sessionTools({ clock: services.clock, sessions }));
  if (message) tools.push(messageTool({ ...services, message }));
  return tools;
}
