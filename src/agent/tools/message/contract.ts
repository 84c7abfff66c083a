/** A chat of a channel. */
export interface MessagePlace {
  channel: string;
  account: string;
  to: string;
  threadId?: string;
}

/** What the message tool does. */
export type MessageAction =
  | { kind: "send"; text: string; mediaUrls: string[]; replyTo?: string }
  | { kind: "poll"; question: string; options: string[]; maxSelections: number }
  | { kind: "react"; messageId: string; emoji: string; remove?: boolean }
  | { kind: "edit"; messageId: string; text: string }
  | { kind: "delete"; messageId: string }
  | { kind: "read"; limit: number; before?: string }
  | { kind: "thread"; name: string; messageId?: string };

/** What the message tool needs of the gateway. */
export interface MessageServices {
  /** The chat this run was asked in; null for a run that no chat message started. */
  here(runId: string): MessagePlace | null;
  /** `tools.message.*` */
  policy(): { crossContext: boolean; channels: readonly string[] | null };
  /** The place that is meant; names are looked up. */
  aim(wanted: { channel?: string; account?: string; to: string; threadId?: string }): Promise<MessagePlace>;
  /** Does it, through the outbox where something is sent; resolves with what the model is told. */
  perform(
    action: MessageAction,
    at: { place: MessagePlace; key: string; signal: AbortSignal },
  ): Promise<string>;
}
