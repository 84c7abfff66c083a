import type { Principal } from "../../../core/authority.ts";
import type { SessionServices, ToolSession } from "../services.ts";

const maxDepth = 16;

/**
 * The main sessions of other agents that this one may write to, and only that: what is said in them stays hidden. Only
 * for the owner, so that nobody reaches an agent that the access rules kept from them.
 */
export function writableMains(
  services: Pick<SessionServices, "peers" | "mainKey">,
  principal: Principal,
  agentId: string,
): string[] {
  if (!principal.owner) return [];
  return (services.peers?.(agentId) ?? []).filter((id) => id !== agentId).map(services.mainKey);
}

/**
 * The one rule for which sessions a session's tools may see or touch, by any name (threats.md 4.7): the owner's main
 * session sees all sessions of its agent; every other session sees itself and those it spawned, directly or through
 * others. Nobody sees another agent's sessions.
 */
export function visibleSessions(
  services: Pick<SessionServices, "get" | "mainKey">,
  principal: Principal,
  viewer: { sessionKey: string; agentId: string },
): (session: ToolSession) => boolean {
  const seesAll = principal.owner && viewer.sessionKey === services.mainKey(viewer.agentId);
  return (session) => {
    if (session.agentId !== viewer.agentId) return false;
    if (seesAll || session.key === viewer.sessionKey) return true;
    let parent = session.spawnedBy;
    for (let depth = 0; parent !== null && depth < maxDepth; depth++) {
      if (parent === viewer.sessionKey) return true;
      parent = services.get(parent)?.spawnedBy ?? null;
    }
    return false;
  };
}
