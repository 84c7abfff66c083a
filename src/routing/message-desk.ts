import type { ChannelCapability, HistoryMessage } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { DeliveryContent } from "../ledger/contract.ts";
import type { ChannelHost, FoundAccount, Sent } from "./contract.ts";
import { sendText } from "./send-text.ts";
import { requireCapability, resolveTarget } from "./targets.ts";

/** A place as somebody names it. */
export interface WantedPlace {
  channel?: string | undefined;
  account?: string | undefined;
  /** Id, or a name of the platform's directory. */
  to: string;
  threadId?: string | undefined;
}

/** The account and the id that are meant. */
export interface AimedPlace {
  account: FoundAccount;
  to: string;
  threadId?: string;
}

interface Wish {
  /** Idempotency key. */
  key: string;
  signal: AbortSignal;
}

type MessageContent = Extract<DeliveryContent, { kind: "message" }>;

export type MessageDesk = ReturnType<typeof createMessageDesk>;

/** What can be done to messages of a channel, for methods and tools alike. Everything that is sent goes through the outbox. */
export function createMessageDesk(deps: { channels: Pick<ChannelHost, "pick" | "send">; clock: Clock }) {
  const { channels, clock } = deps;
  const placeOf = ({ account, to, threadId }: AimedPlace) => ({
    channel: account.settings.channel,
    account: account.settings.account,
    to,
    ...(threadId === undefined ? {} : { threadId }),
  });
  const sendContent = (aimed: AimedPlace, content: DeliveryContent, wish: Wish & { text: string }) =>
    channels.send({ key: wish.key, ...placeOf(aimed), text: wish.text, content }, wish.signal);

  return {
    /** @throws UserError CHANNEL_NOT_RUNNING, TARGET_AMBIGUOUS */
    async aim({ channel, account: id, to, threadId }: WantedPlace): Promise<AimedPlace> {
      const account = channels.pick({ ...(channel ? { channel } : {}), ...(id ? { account: id } : {}) });
      return { account, to: await resolveTarget(account, to, clock), ...(threadId ? { threadId } : {}) };
    },
    placeOf,
    send(
      aimed: AimedPlace,
      message: { text: string; mediaUrls: string[] } & Pick<MessageContent, "replyTo" | "buttons" | "silent">,
      { key, signal }: Wish,
    ): Promise<Sent & { parts: number }> {
      const { text, mediaUrls, ...content } = message;
      return sendText(
        channels,
        {
          key,
          ...placeOf(aimed),
          text,
          ...(mediaUrls.length > 0 ? { mediaUrls } : {}),
          content: { kind: "message", ...content },
        },
        signal,
      );
    },
    async poll(
      aimed: AimedPlace,
      poll: Omit<Extract<DeliveryContent, { kind: "poll" }>, "kind">,
      wish: Wish,
    ): Promise<Sent> {
      requireCapability(aimed.account, "polls");
      return sendContent(aimed, { kind: "poll", ...poll }, { ...wish, text: "" });
    },
    /** Edits, deletes, or reacts to a message. */
    async act(
      aimed: AimedPlace,
      what: Extract<DeliveryContent, { kind: "edit" | "delete" | "react" }>,
      wish: Wish & { text?: string },
    ): Promise<Sent> {
      requireCapability(aimed.account, what.kind);
      return sendContent(aimed, what, { ...wish, text: wish.text ?? "" });
    },
    /** Newest last. */
    async read(
      aimed: AimedPlace,
      query: { before?: string | undefined; limit: number },
      signal: AbortSignal,
    ): Promise<HistoryMessage[]> {
      const running = runningOf(aimed.account, "history");
      const { to, threadId } = aimed;
      const { before, limit } = query;
      const wanted = { to, limit, ...(threadId ? { threadId } : {}), ...(before ? { before } : {}) };
      return (await running.history?.(wanted, signal)) ?? [];
    },
    async createThread(
      aimed: AimedPlace,
      { name, messageId }: { name: string; messageId?: string | undefined },
      signal: AbortSignal,
    ): Promise<{ threadId: string }> {
      const running = runningOf(aimed.account, "threads");
      const wanted = { to: aimed.to, name, ...(messageId ? { messageId } : {}) };
      const made = await running.createThread?.(wanted, signal);
      if (made) return made;
      const { channel } = aimed.account.settings;
      throw new UserError("CAPABILITY_MISSING", `threads cannot be started on ${channel}`, {
        hint: "people of the chat can",
      });
    },
  };
}

/** The running platform of an account that can do this. @throws UserError CAPABILITY_MISSING, CHANNEL_NOT_RUNNING */
export function runningOf(
  account: FoundAccount,
  capability: ChannelCapability,
): NonNullable<FoundAccount["running"]> {
  requireCapability(account, capability);
  if (account.running) return account.running;
  const { channel, account: id } = account.settings;
  throw new UserError("CHANNEL_NOT_RUNNING", `channel ${channel}/${id} is not running`, {
    hint: "openclaw channels status --probe",
    retryable: true,
  });
}
