import { storePrincipal } from "../core/authority.ts";
import type { InboundMessage } from "../ledger/contract.ts";
import type { SessionRecord } from "../sessions/contract.ts";
import type { Submission } from "./contract.ts";
import { queueModeOf } from "./queue-mode.ts";

/** What a submission is as a message of the ledger. Pure. */
export function inboxMessage(
  submission: Submission,
  at: {
    key: { canonical: string; agentId: string };
    settings: Parameters<typeof queueModeOf>[1] & { resetTriggers?: readonly string[] };
    record: SessionRecord | null;
  },
): InboundMessage {
  const { door, sender, connId } = submission;
  return {
    dedupeKey: `${door}:${submission.key}`,
    runId: submission.key,
    door,
    sessionKey: at.key.canonical,
    agentId: at.key.agentId,
    sessionKeyAsSent: submission.sessionKey,
    principal: storePrincipal(submission.principal),
    origin: { door, trust: trustIn(submission), ...(sender === undefined ? {} : { sender }) },
    text: isReset(submission, at.settings.resetTriggers ?? []) ? "/new" : submission.text,
    media: submission.media ?? [],
    // What takes another's place is answered alone.
    mode: submission.replaces
      ? "followup"
      : (submission.mode ?? at.record?.settings.queueMode ?? queueModeOf(door, at.settings)),
    deliverTo: submission.deliverTo ?? null,
    options: submission.options ?? {},
    ...(submission.replaces === undefined ? {} : { replaces: submission.replaces }),
    ...(connId === undefined ? {} : { connId }),
  };
}

/** Words of the operator's that start a new session, alone in a message a person wrote. */
function isReset({ door, text, media, replaces }: Submission, triggers: readonly string[]): boolean {
  if (replaces) return false;
  const isChat = door.startsWith("channel:") || door === "chat.send";
  return isChat && !media?.length && triggers.includes(text.trim().toLowerCase());
}

/** A text is the owner's only when a person wrote it: what one session's model says to another is its own (threats.md 4.19). */
function trustIn({ door, principal }: Submission): InboundMessage["origin"]["trust"] {
  if (door === "sessions_send") return "untrusted";
  if (principal.owner) return "owner";
  return principal.kind === "sender" ? "member" : "untrusted";
}
