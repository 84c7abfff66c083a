import { hash } from "node:crypto";
import type { InboundEvent } from "../channels/contract.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";
import { answeringAgents, type AgentRules } from "./bindings.ts";

/** `session.*`: which conversations share a session. */
export interface SessionRules {
  mainKey: string;
  /** `global`: all direct chats are one session. */
  scope: "per-sender" | "global";
  /** `main`: the owner's direct chats are the main session; everybody else's are their own. */
  dmScope: "main" | "per-peer" | "per-channel-peer" | "per-account-channel-peer";
  /** Ids of one person as `<channel>:<id>`, by name. */
  identityLinks: Readonly<Record<string, readonly string[]>>;
}

/** Where a message goes. */
export interface Route {
  agentId: string;
  sessionKey: string;
  /** Idempotency key of the message for this agent, within the door. */
  key: string;
}

/** Where the answer to an event goes. */
export function replyTarget({ channel, account, chat }: InboundEvent): DeliveryTarget {
  return {
    channel,
    account,
    to: chat.id,
    ...(chat.threadId === undefined ? {} : { threadId: chat.threadId }),
  };
}

/**
 * The sessions an event belongs to, one per agent that answers (legacy-state.md 1.4): `…:dm:<peer>` for direct chats,
 * `<channel>[:<account>]:group:<id>[:thread:<id>]` for groups. Pure.
 */
export function routesOf(
  event: InboundEvent,
  options: { owner: boolean; groupAgent: string | undefined; rules: AgentRules; session: SessionRules },
): Route[] {
  const { owner, groupAgent, rules, session } = options;
  const base = `${event.channel}:${event.account}:${event.messageId}`;
  const rest = event.chat.kind === "direct" ? directKey(event, owner, session) : groupKey(event);
  return answeringAgents(event, groupAgent, rules).map((agentId, index) => ({
    agentId,
    sessionKey: rest === "global" && agentId === rules.defaultAgentId ? rest : `agent:${agentId}:${rest}`,
    key: index === 0 ? base : `${base}#${agentId}`,
  }));
}

function directKey(event: InboundEvent, owner: boolean, session: SessionRules): string {
  const { channel, account, sender } = event;
  if (session.scope === "global") return "global";
  if (session.dmScope === "main" && owner) return session.mainKey;
  const ids = [sender.id, ...(sender.otherIds ?? [])].map((id) => `${channel}:${id}`);
  const linked = Object.entries(session.identityLinks).find(([, links]) =>
    links.some((link) => ids.includes(link.trim())),
  )?.[0];
  // Ids are encoded, so no id of a stranger reads like the name of a linked person.
  const peer = linked === undefined ? keyPart(sender.id) : `person:${keyPart(linked)}`;
  switch (session.dmScope) {
    case "per-peer":
      return `dm:${peer}`;
    case "per-channel-peer":
      return `${channel}:dm:${peer}`;
    case "per-account-channel-peer":
      return `${channel}:${account}:dm:${peer}`;
    default:
      return linked === undefined ? `${placeOf(event)}:dm:${peer}` : `dm:${peer}`;
  }
}

function groupKey(event: InboundEvent): string {
  const { id, threadId } = event.chat;
  const thread = threadId === undefined ? "" : `:thread:${keyPart(threadId)}`;
  return `${placeOf(event)}:group:${keyPart(id)}${thread}`;
}

const placeOf = ({ channel, account }: InboundEvent) =>
  account === "default" ? channel : `${channel}:${account}`;

const maxPartChars = 160;

/** An id of a platform as part of a key: what could be mistaken for structure, or cannot be stored, is encoded. */
export function keyPart(id: string): string {
  const text = id
    .toWellFormed()
    .replaceAll(/[%:\s\u0000-\u001f\u007f]/gu, (char) => encodeURIComponent(char));
  return text.length <= maxPartChars ? text : `sha256-${hash("sha256", id).slice(0, 40)}`;
}
