import { OpenClawError } from "../../core/errors.ts";
import { parseSessionKey, type SessionKey } from "../../core/session-key.ts";
import type { OpenClawConfig } from "../../config/schema/index.ts";
import type { GatewayServices } from "../contract.ts";

type AgentView = Pick<
  OpenClawConfig["agents"]["list"][number],
  "id" | "default" | "name" | "model" | "identity"
>;

export function settingsOf(services: Pick<GatewayServices, "current">): OpenClawConfig {
  return services.current().config;
}

/** Configured agents; `main` alone when the configuration names none. */
export function agentsOf(services: Pick<GatewayServices, "current">): AgentView[] {
  const list = settingsOf(services).agents.list;
  return list.length > 0 ? list : [{ id: "main", default: true }];
}

export function defaultAgentOf(services: Pick<GatewayServices, "current">): string {
  const agents = agentsOf(services);
  return (agents.find((agent) => agent.default) ?? agents[0])?.id ?? "main";
}

export function mainKeyOf(services: Pick<GatewayServices, "current">): string {
  return settingsOf(services).session.mainKey;
}

/** The canonical form of a key a client sent. @throws UserError SESSION_KEY_INVALID */
export function sessionKeyOf(services: Pick<GatewayServices, "current">, text: string): SessionKey {
  return parseSessionKey(text, { agentId: defaultAgentOf(services), mainKey: mainKeyOf(services) });
}

/** Throws unless the agent is configured; returns its id in canonical spelling. */
export function requireAgent(services: Pick<GatewayServices, "current">, agentId: string): string {
  const id = agentId.trim().toLowerCase();
  if (agentsOf(services).some((agent) => agent.id === id)) return id;
  throw invalidRequest(`unknown agent id ${JSON.stringify(agentId.slice(0, 80))}`, "openclaw agents list");
}

/** An answer with code INVALID_REQUEST: the caller asked for something that cannot be. */
export function invalidRequest(
  message: string,
  hint?: string,
  details?: Record<string, unknown>,
): OpenClawError {
  return new OpenClawError("INVALID_REQUEST", message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

/** Absolute path shown as the place of an agent's session list; the file exists as an export of the ledger. */
export function sessionListPath(services: Pick<GatewayServices, "paths">, agentId: string): string {
  return `${services.paths.agentsDir}/${agentId}/session-store.json`;
}
