import type { InboundEvent } from "../channels/contract.ts";
import type { Overheard } from "./overheard.ts";

/** What members said to each other in groups, until the assistant is spoken to. */
export interface GroupHistory {
  /** Keeps a message of an admitted member for the sessions it belongs to; `limit` messages at most, 0 keeps none. */
  note(sessionKeys: readonly string[], event: InboundEvent, limit: number): Promise<void>;
  /** Follows an edit or a deletion of something that was kept. */
  follow(sessionKeys: readonly string[], event: InboundEvent): Promise<void>;
}

const maxTextChars = 2000;
const maxNameChars = 80;

export function createGroupHistory(overheard: Pick<Overheard, "add" | "correct">): GroupHistory {
  return {
    async note(sessionKeys, event, limit) {
      if (event.kind !== "message" || limit <= 0 || event.text.trim() === "") return;
      const { messageId: ref, channel } = event;
      const sender = oneLine((event.sender.name ?? event.sender.id).slice(0, maxNameChars));
      const text = indented(event.text);
      await overheard.add(sessionKeys, { kind: "said", ref, channel, sender, text }, limit);
    },
    async follow(sessionKeys, event) {
      if (event.kind !== "edit" && event.kind !== "delete") return;
      const text = event.kind === "edit" && event.text !== undefined ? indented(event.text) : null;
      await overheard.correct(sessionKeys, event.targetId, text);
    },
  };
}

/** So that no text can look like the line of somebody else. */
const indented = (text: string) => text.slice(0, maxTextChars).replaceAll(/[\r\n\u2028\u2029]+/gu, "\n  ");
const oneLine = (text: string) => text.replaceAll(/[\s\u0000-\u001f\u007f:]+/gu, " ");
