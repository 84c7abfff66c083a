import { OpenClawError } from "../../core/errors.ts";
import { parseSessionKey, type SessionKey } from "../../core/session-key.ts";
import {
  configuredAgents,
  defaultAgentId,
  type AgentEntry,
  type OpenClawConfig,
} from "../../config/index.ts";
import type { GatewayServices } from "../contract.ts";

export function settingsOf(services: Pick<GatewayServices, "current">): OpenClawConfig {
  return services.current().config;
}

export function agentsOf(services: Pick<GatewayServices, "current">): AgentEntry[] {
  return configuredAgents(settingsOf(services));
}

export function defaultAgentOf(services: Pick<GatewayServices, "current">): string {
  return defaultAgentId(settingsOf(services));
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
