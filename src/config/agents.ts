import { normalizeAgentId } from "../core/session-key.ts";
import type { OpenClawConfig } from "./schema/index.ts";

export type AgentEntry = OpenClawConfig["agents"]["list"][number];

/** Configured agents with ids in canonical spelling; `main` alone when the configuration names none. */
export function configuredAgents(config: OpenClawConfig): AgentEntry[] {
  if (config.agents.list.length === 0) return [{ id: "main", default: true }];
  return config.agents.list.map((agent) => ({ ...agent, id: normalizeAgentId(agent.id) }));
}

export function agentIds(config: OpenClawConfig): string[] {
  return configuredAgents(config).map((agent) => agent.id);
}

export function agentEntry(config: OpenClawConfig, agentId: string): AgentEntry | undefined {
  return configuredAgents(config).find((agent) => agent.id === agentId);
}

/** The agent that answers when none is named: the one marked default, else `main`, else the first. */
export function defaultAgentId(config: OpenClawConfig): string {
  const agents = configuredAgents(config);
  const chosen =
    agents.find((agent) => agent.default) ?? agents.find((agent) => agent.id === "main") ?? agents[0];
  return chosen?.id ?? "main";
}
