import { createHash } from "node:crypto";
import { bareJid } from "./ids.ts";
import type { Received } from "./inbound.ts";
import { decryptPollVote, type proto } from "./library.ts";
import type { OwnPoll } from "./memory.ts";

/**
 * Options somebody chose in a poll of ours, or null when the vote is not for it. A vote is sealed with the names both
 * sides have in that chat, by number or by hidden id, and does not say which: each is tried.
 */
export function openVote(
  pollId: string,
  poll: OwnPoll,
  update: proto.Message.IPollUpdateMessage,
  sides: { received: Received; ownJids: readonly string[]; others: ReadonlyArray<string | null> },
): string[] | null {
  const { vote } = update;
  if (!vote?.encPayload || !vote.encIv) return null;
  const voters = [sides.received.authorJid, sides.received.authorAlt, ...sides.others];
  for (const pollCreatorJid of sides.ownJids) {
    for (const voterJid of new Set(voters.map(bareJid))) {
      if (!voterJid) continue;
      try {
        const { selectedOptions } = decryptPollVote(vote, {
          pollCreatorJid,
          pollMsgId: pollId,
          pollEncKey: Buffer.from(poll.secret, "base64"),
          voterJid,
        });
        const chosen = new Set((selectedOptions ?? []).map((digest) => Buffer.from(digest).toString("hex")));
        return poll.options.filter((option) => chosen.has(createHash("sha256").update(option).digest("hex")));
      } catch {
        // Sealed with other names; the next pair is tried.
        continue;
      }
    }
  }
  return null;
}
