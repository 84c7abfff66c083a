import type { InboundReactionEvent, InboundVoteEvent } from "../channels/contract.ts";
import { isObject } from "../core/json.ts";
import type { DeliveryRow, Ledger } from "../ledger/contract.ts";
import type { Overheard } from "./overheard.ts";

/** Reactions and votes, told to the next run of their session as foreign text; they start none. */
export interface ReactionNotes {
  /** Keeps what happened, where `mode` (`channels.*.reactionNotifications`) wants it. */
  note(
    sessionKeys: readonly string[],
    event: InboundReactionEvent | InboundVoteEvent,
    mode: unknown,
  ): Promise<void>;
}

const maxLines = 20;
const maxQuoted = 80;
/** How far back a message of ours is looked for. */
const lookBack = 500;

export function createReactionNotes(deps: {
  overheard: Pick<Overheard, "add">;
  ledger: Pick<Ledger, "deliveries">;
}): ReactionNotes {
  /** The delivery that is this message of ours; undefined for other people's, and for old ones. */
  const ours = (event: InboundReactionEvent | InboundVoteEvent): DeliveryRow | undefined =>
    deps.ledger
      .deliveries({ state: "sent", limit: lookBack })
      .findLast(
        ({ target, receipt }) =>
          target.channel === event.channel &&
          target.account === event.account &&
          target.to === event.chat.id &&
          isObject(receipt) &&
          receipt["messageId"] === event.targetId,
      );

  return {
    async note(sessionKeys, event, mode) {
      if (mode !== "own" && mode !== "all" && mode !== "allowlist") return;
      const own = ours(event);
      if (event.kind === "reaction" && mode === "own" && !own) return;
      const { messageId, channel } = event;
      const text = lineOf(event, own);
      // One event of a platform may tell of several reactions.
      const ref = `${messageId} ${text}`;
      await deps.overheard.add(sessionKeys, { kind: "done", ref, channel, sender: null, text }, maxLines);
    },
  };
}

function lineOf(event: InboundReactionEvent | InboundVoteEvent, own: DeliveryRow | undefined): string {
  const who = plain(event.sender.name ?? event.sender.id);
  const said = own?.content?.kind === "poll" ? own.content.question : own?.text;
  const quoted = said === undefined || said === "" ? "" : ` "${plain(said)}"`;
  if (event.kind === "vote") {
    const what =
      event.options.length > 0 ? `voted ${event.options.map(plain).join(", ")}` : "took their vote back";
    return `${who} ${what} in your poll${quoted} (message ${plain(event.targetId)})`;
  }
  const what = event.removed ? `took back ${plain(event.emoji)} from` : `reacted ${plain(event.emoji)} to`;
  return `${who} ${what} ${own ? "your" : "a"} message${quoted} (${plain(event.targetId)})`;
}

/** On one line and short, so that no name or text can look like another note. */
function plain(text: string): string {
  const line = text.replaceAll(/[\s\u0000-\u001f\u007f\u2028\u2029]+/gu, " ").trim();
  return line.length > maxQuoted ? `${line.slice(0, maxQuoted)}…` : line;
}
