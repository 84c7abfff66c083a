import { sessionKind } from "../core/session-key.ts";

/** Which answers are sent to chats (`session.sendPolicy`). */
export interface SendPolicy {
  /** Of what no rule fits. */
  default: "allow" | "deny";
  /** The first that fits decides. What a rule does not name fits. */
  rules: ReadonlyArray<{
    action: "allow" | "deny";
    match: { channel?: string; chatType?: "direct" | "group"; keyPrefix?: string };
  }>;
}

/** Where the answer of a session would go. */
export interface AnswerPlace {
  /** Canonical key. */
  sessionKey: string;
  channel: string;
  /** The session's own setting, stronger than every rule. */
  own?: "allow" | "deny" | undefined;
}

/** The key of the configuration that keeps this answer from being sent; null when it may go. */
export function answerDeniedBy(policy: SendPolicy | undefined, place: AnswerPlace): string | null {
  const { own, sessionKey, channel } = place;
  if (own) return own === "deny" ? `sendPolicy of session ${sessionKey}` : null;
  if (!policy) return null;
  const index = policy.rules.findIndex(
    ({ match }) =>
      (match.channel === undefined || match.channel === channel) &&
      (match.chatType === undefined || match.chatType === sessionKind(sessionKey)) &&
      (match.keyPrefix === undefined || fitsPrefix(sessionKey, match.keyPrefix)),
  );
  const rule = policy.rules[index];
  if (rule) return rule.action === "deny" ? `session.sendPolicy.rules[${index}]` : null;
  return policy.default === "deny" ? "session.sendPolicy.default" : null;
}

/** A prefix is of the whole key, or of what follows `agent:<id>:`. */
const fitsPrefix = (key: string, prefix: string): boolean =>
  key.startsWith(prefix) || key.replace(/^agent:[^:]+:/, "").startsWith(prefix);
