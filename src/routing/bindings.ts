import type { InboundEvent } from "../channels/contract.ts";

/** Which messages an agent answers (`bindings[]`); every member that is there has to fit. */
export interface Binding {
  agentId: string;
  match: {
    channel?: string | undefined;
    /** Missing: account `default`; `*`: every account. */
    accountId?: string | undefined;
    peer?: { kind: "direct" | "group"; id: string } | undefined;
    threadId?: string | undefined;
    /** Guild, workspace or community. */
    parentId?: string | undefined;
    /** Any of these roles. */
    roles?: readonly string[] | undefined;
  };
}

/** Everything that decides which agent answers. */
export interface AgentRules {
  bindings: readonly Binding[];
  /** Agents that all answer in a group, by `<channel>:<group id>` or group id. */
  broadcast: Readonly<Record<string, readonly string[]>>;
  /** Agents that exist; others are passed over. */
  agentIds: readonly string[];
  defaultAgentId: string;
}

/**
 * The agents that answer an event, never none. The first of these that names an existing agent decides: `broadcast` of
 * the group, `agent` of the group's settings, the most particular binding, the default agent. Of two bindings the one
 * with the weightier member wins (thread, peer, roles, parent, account, channel: one thread weighs more than all that
 * follow it together); of two alike the first in the list.
 */
export function answeringAgents(
  event: InboundEvent,
  groupAgent: string | undefined,
  rules: AgentRules,
): string[] {
  const exists = (agentId: string) => rules.agentIds.includes(agentId);
  if (event.chat.kind === "group") {
    const key = [`${event.channel}:${event.chat.id}`, event.chat.id].find((id) =>
      Object.hasOwn(rules.broadcast, id),
    );
    const all = [...new Set(key === undefined ? [] : (rules.broadcast[key] ?? []))].filter(exists);
    if (all.length > 0) return all;
    if (groupAgent !== undefined && exists(groupAgent)) return [groupAgent];
  }
  let best: { weight: number; agentId: string } | null = null;
  for (const { agentId, match } of rules.bindings) {
    const weight = exists(agentId) ? weightOf(match, event) : 0;
    if (weight > (best?.weight ?? 0)) best = { weight, agentId };
  }
  return [best?.agentId ?? rules.defaultAgentId];
}

/** 0 when it does not fit, or names nothing at all. */
function weightOf(match: Binding["match"], { channel, account, chat, sender }: InboundEvent): number {
  const { peer, roles } = match;
  const peerId = chat.kind === "direct" ? [sender.id, ...(sender.otherIds ?? [])] : [chat.id];
  const members: Array<[weight: number, given: boolean, fits: () => boolean]> = [
    [32, match.threadId !== undefined, () => match.threadId === chat.threadId],
    [16, peer !== undefined, () => peer?.kind === chat.kind && peerId.includes(peer.id)],
    [8, roles !== undefined, () => roles?.some((role) => sender.roleIds?.includes(role)) ?? false],
    [4, match.parentId !== undefined, () => match.parentId === chat.parentId],
    [2, match.accountId !== undefined && match.accountId !== "*", () => match.accountId === account],
    [1, match.channel !== undefined, () => match.channel === channel],
  ];
  if (match.accountId === undefined && match.channel !== undefined && account !== "default") return 0;
  const given = members.filter(([, isGiven]) => isGiven);
  return given.every(([, , fits]) => fits()) ? given.reduce((sum, [weight]) => sum + weight, 0) : 0;
}
