import type { InboundEnvelope } from "../channels/contract.ts";

/** Access policy of one account. `allowFrom` holds exact sender ids; `"*"` is a separate explicit value. */
export interface AccountPolicy {
  /** `pairing` admits whom the allow list names, like `allowlist`; approved pairings are added to that list. */
  dmPolicy: "open" | "allowlist" | "pairing" | "disabled";
  allowFrom: readonly string[];
  groupPolicy: "open" | "allowlist" | "disabled";
  /** Exact group ids. */
  groups: readonly string[];
  requireMention: boolean;
}

export type Admission = { admitted: true; rule: string } | { admitted: false; rule: string; detail: string };

/**
 * The one gate, first and for every kind of inbound event (threats.md 4.6): pure, total, and what it does not know it
 * denies. `rule` is the config path that decided.
 */
export function admit(envelope: InboundEnvelope, policy: AccountPolicy): Admission {
  const base = `channels.${envelope.channel}.accounts.${envelope.account}`;
  const deny = (rule: string, detail: string): Admission => ({
    admitted: false,
    rule: `${base}.${rule}`,
    detail,
  });
  const listed = policy.allowFrom.includes(envelope.sender.id) || policy.allowFrom.includes("*");
  if (envelope.chat.kind === "direct") {
    if (policy.dmPolicy === "open") return { admitted: true, rule: `${base}.dmPolicy=open` };
    if (policy.dmPolicy === "disabled") return deny("dmPolicy", "direct messages are disabled");
    return listed
      ? { admitted: true, rule: `${base}.allowFrom` }
      : deny("allowFrom", `sender ${envelope.sender.id} is not listed`);
  }
  if (envelope.chat.kind === "group") {
    if (policy.groupPolicy === "disabled") return deny("groupPolicy", "groups are disabled");
    if (policy.groupPolicy === "allowlist" && !policy.groups.includes(envelope.chat.id)) {
      return deny("groups", `group ${envelope.chat.id} is not listed`);
    }
    if (policy.requireMention && !envelope.mentioned)
      return deny("requireMention", "the assistant was not mentioned");
    return { admitted: true, rule: `${base}.groupPolicy=${policy.groupPolicy}` };
  }
  return deny("groupPolicy", "unknown kind of chat");
}
