import type { InboundEvent } from "../channels/contract.ts";
import { agentEntry, agentIds, defaultAgentId, formatPath, type OpenClawConfig } from "../config/index.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import { PatternError, compilePattern } from "../core/linear-pattern.ts";
import { normalizeAgentId } from "../core/session-key.ts";
import {
  answeringAgents,
  type AccountPolicy,
  type AccountRouting,
  type AccountSettings,
  type Binding,
  type GroupPolicy,
} from "../routing/index.ts";
import type { SessionRecord } from "../sessions/index.ts";
import { approversOn } from "./approvals.ts";

// From the configuration to who may speak on an account, and who answers.

type ChannelEntry = OpenClawConfig["channels"][string];
type GroupEntry = NonNullable<ChannelEntry["groups"]>[string];

/** Every account in `channels.*`: those under `accounts`, else the channel's own section as account `default`. */
export function channelAccounts(config: OpenClawConfig): AccountSettings[] {
  return Object.entries(config.channels).flatMap(([channel, entry]) => {
    const { accounts, ...shared } = entry;
    const named = accounts === undefined ? { default: {} } : accounts;
    return Object.entries(named).map(([account, own]) => {
      const merged: ChannelEntry = { ...shared, ...own };
      const routing = accountRouting(config, merged);
      return {
        channel,
        account,
        enabled: merged.enabled !== false,
        agentId: defaultAgentId(config),
        config: toJsonObject(merged),
        policy: accountPolicy(config, { channel, account, own, shared, merged, routing }),
        routing,
      };
    });
  });
}

function accountPolicy(
  config: OpenClawConfig,
  at: {
    channel: string;
    account: string;
    own: object;
    shared: object;
    merged: ChannelEntry;
    routing: AccountRouting;
  },
): AccountPolicy {
  const { channel, account, own, shared, merged, routing } = at;
  const isNamed = config.channels[channel]?.accounts !== undefined;
  const mentions = mentionMatcher(config);
  return {
    // Whoever can sign a webhook holds the account's secret: that is its pairing. Elsewhere strangers must be approved.
    dmPolicy: merged.dmPolicy ?? (channel === "webhook" ? "open" : "pairing"),
    allowFrom: merged.allowFrom ?? null,
    groupPolicy: merged.groupPolicy ?? "allowlist",
    groupAllowFrom: merged.groupAllowFrom ?? null,
    groups: Object.fromEntries(
      Object.entries(merged.groups ?? {}).map(([id, group]) => [id, groupPolicy(group)]),
    ),
    requireMention: merged.requireMention ?? true,
    allowBots: merged.allowBots ?? false,
    selfChat: merged.selfChatMode ?? false,
    owners: ownersOn(config, channel),
    approvers: approversOn(config, channel),
    accessGroups: config.accessGroups,
    mentionedIn: (event) =>
      answeringAgents(event, routing.groupAgent(event), routing.rules).some((agentId) =>
        mentions(agentId, event.text),
      ),
    pathOf(key, ...below) {
      const isOwn = isNamed && (Object.hasOwn(own, key) || !Object.hasOwn(shared, key));
      const place = isOwn ? ["channels", channel, "accounts", account] : ["channels", channel];
      return formatPath([...place, key, ...below]);
    },
  };
}

function groupPolicy(group: GroupEntry): GroupPolicy {
  return {
    enabled: group.enabled !== false,
    ...(group.requireMention === undefined ? {} : { requireMention: group.requireMention }),
    ...(group.allowFrom === undefined ? {} : { allowFrom: group.allowFrom.map(String) }),
    ...(group.allowBots === undefined ? {} : { allowBots: group.allowBots }),
    ...(group.agent === undefined ? {} : { agent: group.agent }),
  };
}

/** Ids of a channel in `commands.ownerAllowFrom`; what names no channel names nobody. */
function ownersOn(config: OpenClawConfig, channel: string): string[] {
  const prefix = `${channel}:`;
  return config.commands.ownerAllowFrom.flatMap((entry) => {
    const text = entry.trim();
    return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
  });
}

/** The entry of `groups` for a chat: its own, that of what it belongs to, or the one for all others. */
function findGroup(
  groups: ChannelEntry["groups"],
  chat: { id: string; parentId?: string | undefined },
): { key: string; entry: GroupEntry } | null {
  for (const key of [chat.id, chat.parentId, "*"]) {
    const entry = key !== undefined && groups && Object.hasOwn(groups, key) ? groups[key] : undefined;
    if (key !== undefined && entry) return { key, entry };
  }
  return null;
}

/** Settings of the group a conversation takes place in, and where they stand; null where it has none. */
export function groupOf(
  config: OpenClawConfig,
  { chatType, route }: Pick<SessionRecord, "chatType" | "route">,
): { path: string; entry: GroupEntry } | null {
  const [channel, account, id, parentId] = ["channel", "accountId", "to", "parentId"].map((key) => {
    const value = route?.[key];
    return typeof value === "string" ? value : undefined;
  });
  if (chatType !== "group" || channel === undefined || id === undefined) return null;
  const shared = Object.hasOwn(config.channels, channel) ? config.channels[channel] : undefined;
  const accounts = shared?.accounts ?? {};
  const own = account !== undefined && Object.hasOwn(accounts, account) ? accounts[account] : undefined;
  const found = findGroup(own?.groups ?? shared?.groups, { id, parentId });
  if (!found) return null;
  const place = own?.groups && account !== undefined ? ["accounts", account] : [];
  return { path: formatPath(["channels", channel, ...place, "groups", found.key]), entry: found.entry };
}

function accountRouting(config: OpenClawConfig, merged: ChannelEntry): AccountRouting {
  const { mainKey, scope, dmScope, identityLinks } = config.session;
  return {
    rules: {
      bindings: config.bindings.map(bindingOf),
      broadcast: Object.fromEntries(
        Object.entries(config.broadcast).map(([group, agents]) => [group, agents.map(normalizeAgentId)]),
      ),
      agentIds: agentIds(config),
      defaultAgentId: defaultAgentId(config),
    },
    session: { mainKey, scope, dmScope, identityLinks },
    groupAgent(event: InboundEvent) {
      if (event.chat.kind !== "group") return undefined;
      const agent = findGroup(merged.groups, event.chat)?.entry.agent;
      return agent === undefined ? undefined : normalizeAgentId(agent);
    },
    historyLimit: merged.historyLimit ?? config.messages.groupChat.historyLimit,
  };
}

function bindingOf({ agentId, match }: OpenClawConfig["bindings"][number]): Binding {
  const { channel, accountId, peer, threadId, guildId, teamId, roles } = match;
  const isDirect = peer?.kind === "dm" || peer?.kind === "direct";
  return {
    agentId: normalizeAgentId(agentId),
    match: {
      channel,
      accountId,
      peer: peer && { kind: isDirect ? "direct" : "group", id: peer.id },
      threadId,
      parentId: guildId ?? teamId,
      roles,
    },
  };
}

/** Whether a text mentions an agent by a pattern of `messages.groupChat` or of its own; each is compiled once. */
function mentionMatcher(config: OpenClawConfig): (agentId: string, text: string) => boolean {
  const compiled = new Map<string, Array<(text: string) => boolean>>();
  return (agentId, text) => {
    let matchers = compiled.get(agentId);
    if (!matchers) {
      const own = agentEntry(config, agentId)?.groupChat?.mentionPatterns ?? [];
      matchers = [...config.messages.groupChat.mentionPatterns, ...own].flatMap(compileOrNone);
      compiled.set(agentId, matchers);
    }
    return matchers.some((matches) => matches(text));
  };
}

/** A broken pattern matches nothing; `config validate` says so. */
function compileOrNone(pattern: string): Array<(text: string) => boolean> {
  try {
    return [compilePattern(pattern)];
  } catch (error) {
    if (error instanceof PatternError) return [];
    throw error;
  }
}

function toJsonObject(value: unknown): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isObject(copy) ? (copy as JsonObject) : {};
}
