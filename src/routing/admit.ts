import type { InboundEvent, InboundMessageEvent, SenderRef } from "../channels/contract.ts";
import { remedies } from "./admit-remedy.ts";

/** What an account says about one group; `undefined` leaves it to the account. */
export interface GroupPolicy {
  enabled: boolean;
  requireMention?: boolean;
  /** Members who may speak. */
  allowFrom?: readonly string[];
  allowBots?: boolean;
  /** Agent that answers here. */
  agent?: string;
}

/**
 * Access policy of one account. Lists hold exact ids; `"*"` is a separate explicit value, `group:<name>` stands for an
 * access group, `role:<id>` for everybody the platform gives that role, `<channel>:<id>` for the id. Null: not configured.
 */
export interface AccountPolicy {
  /** `pairing` admits the allow list and whom the operator approved; `allowlist` the list alone. */
  dmPolicy: "open" | "allowlist" | "pairing" | "disabled";
  allowFrom: readonly string[] | null;
  groupPolicy: "open" | "allowlist" | "disabled";
  groupAllowFrom: readonly string[] | null;
  /** By id of the group, or of what it belongs to (guild, workspace); `*` for all others. */
  groups: Readonly<Record<string, GroupPolicy>>;
  requireMention: boolean;
  allowBots: boolean;
  /** The person's own messages to themselves are for the assistant. */
  selfChat: boolean;
  /** Ids of this channel that are the owner (`commands.ownerAllowFrom`). `"*"` has no meaning here. */
  owners: readonly string[];
  /** Ids of those who may besides answer questions for permission, once they are admitted; no wildcard. */
  approvers?: readonly string[];
  /** Members as `<channel>:<id>` or `<channel>:role:<id>`, by name. */
  accessGroups: Readonly<Record<string, readonly string[]>>;
  /** Whether the text mentions the assistant by a pattern of the agent that would answer it. */
  mentionedIn(event: InboundMessageEvent): boolean;
  /** Where a key of this account (or something below it) stands in the configuration, or would be written. */
  pathOf(key: string, ...below: string[]): string;
}

/** Who was approved by pairing on this account. */
export interface PairedSenders {
  allowFrom: readonly string[];
  owners: readonly string[];
}

export type Refusal = {
  admitted: false;
  /** `ignored`: nobody waits for an answer; `mention`: spoken to others, by somebody who may speak to the assistant. */
  kind: "ignored" | "sender" | "policy" | "mention";
  /** The config path that decided. */
  rule: string;
  detail: string;
  /** Command that would admit the sender; null where none does. */
  remedy: string | null;
  /** A stranger who may ask to be let in. */
  mayPair: boolean;
};
export type Admission = { admitted: true; rule: string; owner: boolean; group: GroupPolicy | null } | Refusal;

const kinds: ReadonlySet<string> = new Set(["message", "edit", "delete", "reaction", "action", "vote"]);

/**
 * The one gate, first and for every kind of inbound event (threats.md 4.6, CHAN-009…011): pure, total, and what it does
 * not know it denies. Order: kind → self and bots → policy of the chat → sender → mention.
 */
export function admit(event: InboundEvent, policy: AccountPolicy, paired: PairedSenders): Admission {
  const { chat, sender } = event;
  if (!kinds.has(event.kind)) return refuse("policy", "channels", "unknown kind of event");
  if (typeof sender.id !== "string" || sender.id === "")
    return refuse("policy", "channels", "the sender has no id");
  if (chat.kind !== "direct" && chat.kind !== "group")
    return refuse("policy", policy.pathOf("groupPolicy"), "unknown kind of chat");
  if (sender.self) return admitSelf(event, policy);
  const group = chat.kind === "group" ? groupOf(event, policy) : null;
  if (sender.bot && !(group?.settings?.allowBots ?? policy.allowBots))
    return refuse("ignored", policy.pathOf("allowBots"), `sender ${sender.id} is a bot`);
  return group === null ? admitDirect(event, policy, paired) : admitGroup(event, group, policy, paired);
}

function admitSelf({ chat, sender }: InboundEvent, policy: AccountPolicy): Admission {
  const rule = policy.pathOf("selfChatMode");
  const alone = chat.kind === "direct" && idsOf(sender).includes(chat.id);
  if (alone && policy.selfChat && policy.dmPolicy !== "disabled")
    return { admitted: true, rule, owner: true, group: null };
  return refuse("ignored", rule, "a message of the assistant's own account");
}

function admitDirect(event: InboundEvent, policy: AccountPolicy, paired: PairedSenders): Admission {
  const { sender } = event;
  const to = remedies(event.channel, policy);
  const pass = (rule: string, owner = false): Admission => ({ admitted: true, rule, owner, group: null });
  if (policy.dmPolicy === "disabled")
    return refuse("policy", policy.pathOf("dmPolicy"), "direct messages are disabled", to.enableDirect());
  const owner = ownerRule(sender, policy, paired);
  if (owner !== null) return pass(owner, true);
  if (policy.dmPolicy === "open") return pass(`${policy.pathOf("dmPolicy")}=open`);
  if (policy.dmPolicy !== "pairing" && policy.dmPolicy !== "allowlist")
    return refuse("policy", policy.pathOf("dmPolicy"), "unknown policy for direct messages");
  if (lists(policy.allowFrom ?? [], event, policy)) return pass(policy.pathOf("allowFrom"));
  const mayPair = policy.dmPolicy === "pairing";
  if (mayPair && idsOf(sender).some((id) => paired.allowFrom.includes(id)))
    return pass(`channels/${event.channel}/pairing.json`);
  return {
    ...refuse(
      "sender",
      policy.pathOf("allowFrom"),
      `sender ${sender.id} is not listed${mayPair ? " and not paired" : ""}`,
      to.allowDirect(sender.id),
    ),
    mayPair,
  };
}

interface FoundGroup {
  /** Key of `groups` that was found; null when none fits. */
  key: string | null;
  settings: GroupPolicy | null;
}

/** The entry of a group: its own, else that of what it belongs to, else the one for all others. */
function groupOf({ chat }: InboundEvent, { groups }: AccountPolicy): FoundGroup {
  const key = [chat.id, chat.parentId, "*"].find((id) => id !== undefined && Object.hasOwn(groups, id));
  return { key: key ?? null, settings: key === undefined ? null : (groups[key] ?? null) };
}

function admitGroup(
  event: InboundEvent,
  { key, settings }: FoundGroup,
  policy: AccountPolicy,
  paired: PairedSenders,
): Admission {
  const { chat, sender } = event;
  const to = remedies(event.channel, policy);
  if (policy.groupPolicy === "disabled")
    return refuse("policy", policy.pathOf("groupPolicy"), "groups are disabled", to.enableGroups(chat.id));
  if (policy.groupPolicy !== "open" && policy.groupPolicy !== "allowlist")
    return refuse("policy", policy.pathOf("groupPolicy"), "unknown policy for groups");
  const here = policy.pathOf("groups", key ?? chat.id);
  if (settings && !settings.enabled)
    return refuse("policy", here, `group ${chat.id} is switched off`, to.allowGroup(key ?? chat.id));
  if (!settings && policy.groupPolicy === "allowlist")
    return refuse(
      "policy",
      policy.pathOf("groups"),
      `group ${chat.id} is not listed`,
      to.allowGroup(chat.id),
    );

  const owner = ownerRule(sender, policy, paired);
  const speakers = settings?.allowFrom ?? policy.groupAllowFrom ?? policy.allowFrom;
  const rule =
    settings?.allowFrom !== undefined
      ? policy.pathOf("groups", key ?? chat.id, "allowFrom")
      : policy.pathOf(policy.groupAllowFrom !== null ? "groupAllowFrom" : "allowFrom");
  // A group named by its id opens it for its members; `*` alone opens it for nobody who is not listed.
  const openToMembers = policy.groupPolicy === "open" || (key !== null && key !== "*");
  const maySpeak = speakers === null ? openToMembers : lists(speakers, event, policy);
  if (owner === null && !maySpeak)
    return refuse(
      "sender",
      rule,
      `sender ${sender.id} may not speak in group ${chat.id}`,
      to.allowInGroup(sender.id, key === null || key === "*" ? chat.id : key),
    );

  const needsMention = settings?.requireMention ?? policy.requireMention;
  if (event.kind === "message" && needsMention && !isAddressed(event, policy))
    return refuse(
      "mention",
      settings?.requireMention === undefined
        ? policy.pathOf("requireMention")
        : policy.pathOf("groups", key ?? chat.id, "requireMention"),
      "the assistant was not mentioned",
      to.noMention(key === null || key === "*" ? chat.id : key),
    );
  return {
    admitted: true,
    rule: settings ? here : `${policy.pathOf("groupPolicy")}=open`,
    owner: owner !== null,
    group: settings,
  };
}

function isAddressed(event: InboundMessageEvent, policy: AccountPolicy): boolean {
  return (
    event.mentioned || event.replyTo?.ours === true || event.command === true || policy.mentionedIn(event)
  );
}

/** The rule that makes a sender the owner, or null. Only these two lists do, and no wildcard (threats.md 4.6). */
function ownerRule(sender: SenderRef, policy: AccountPolicy, paired: PairedSenders): string | null {
  const ids = idsOf(sender);
  if (ids.some((id) => id !== "*" && policy.owners.includes(id))) return "commands.ownerAllowFrom";
  return ids.some((id) => id !== "*" && paired.owners.includes(id)) ? "paired owner" : null;
}

/** Every id this sender has; names never count. */
function idsOf(sender: SenderRef): readonly string[] {
  return [sender.id, ...(sender.otherIds ?? []).filter((id) => id !== "")];
}

/** Whether a list names the sender, exactly after trimming. */
function lists(list: readonly string[], { channel, sender }: InboundEvent, policy: AccountPolicy): boolean {
  const ids = idsOf(sender);
  const roles = sender.roleIds ?? [];
  const isHim = (entry: string): boolean =>
    entry.startsWith("role:") ? roles.includes(entry.slice("role:".length)) : ids.includes(entry);
  const own = `${channel}:`;
  return list.some((each) => {
    const entry = each.trim();
    if (entry === "*") return true;
    if (entry.startsWith(own)) return isHim(entry.slice(own.length));
    if (!entry.startsWith("group:")) return isHim(entry);
    const name = entry.slice("group:".length);
    const members = Object.hasOwn(policy.accessGroups, name) ? (policy.accessGroups[name] ?? []) : [];
    // Members name their channel: one platform's 123 is not another's.
    return members.some((member) => {
      const text = member.trim();
      return text.startsWith(own) && isHim(text.slice(own.length));
    });
  });
}

function refuse(kind: Refusal["kind"], rule: string, detail: string, remedy: string | null = null): Refusal {
  return { admitted: false, kind, rule, detail, remedy, mayPair: false };
}
