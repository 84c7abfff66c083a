import { sleep } from "../../core/clock.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ChannelContext, Outbound, OutboundMessage, SendResult } from "../contract.ts";
import { fields, listOf, text } from "../shared/index.ts";
import type { SlackApi } from "./api.ts";
import { contentOf, keyOf, metadataOf, toMrkdwn } from "./compose.ts";
import { emojiNameOf } from "./emoji.ts";
import { isRefusedToken, settle, SlackFailure, troubleOf } from "./failure.ts";
import { messageIdOf, parseMessageId } from "./ids.ts";
import type { SlackSettings } from "./settings.ts";
import type { Uploads } from "./uploads.ts";

const queryPages = 10;
const queryPageSize = 200;
const settlesWithinMs = 5000;
/** What is already so is done. */
const nothingToDo = new Set(["message_not_found", "already_reacted", "no_reaction"]);

interface Where {
  to: string;
  threadId?: string | undefined;
  signal: AbortSignal;
}

export interface SenderDeps {
  api: SlackApi;
  context: Pick<ChannelContext, "account" | "clock" | "proved" | "trouble">;
  settings: SlackSettings;
  uploads: Uploads;
  /** The token is no longer good: nothing more will work. */
  revoked(): void;
}

/** Turns what the gateway wants said into calls of the Web API, and their outcome into how the delivery is settled. */
export function createSender(deps: SenderDeps) {
  const { api, context, settings, uploads } = deps;
  /** Direct chats by the person; ids never change. */
  const direct = new Map<string, string>();

  async function conversation(to: string, signal: AbortSignal): Promise<string> {
    if (!/^[UW]/.test(to)) return to;
    const known = direct.get(to);
    if (known !== undefined) return known;
    const opened = text(
      fields((await api.call("conversations.open", { users: to }, { signal }))["channel"])["id"],
    );
    if (direct.size > 1000) direct.clear();
    direct.set(to, opened);
    return opened;
  }

  async function send(message: Outbound, signal: AbortSignal): Promise<SendResult> {
    if (!/^[A-Z0-9]{2,32}$/.test(message.to))
      return { kind: "dead", error: `"${message.to}" is no Slack id of a conversation or person` };
    try {
      const result = await dispatch(message, signal);
      if (result.kind === "sent") context.proved("send");
      return result;
    } catch (error) {
      if (!(error instanceof SlackFailure)) throw error;
      const trouble = troubleOf(error, { account: context.account, now: context.clock.now() });
      if (trouble) context.trouble(trouble);
      if (isRefusedToken(error)) deps.revoked();
      return settle(error, message.kind !== "message");
    }
  }

  async function dispatch(message: Outbound, signal: AbortSignal): Promise<SendResult> {
    if (message.kind === "poll") return { kind: "dead", error: "Slack has no polls" };
    if (message.kind !== "message") return change(message, signal);
    const channel = await conversation(message.to, signal);
    const threadTs = threadOf(message.threadId);
    const media = message.media ?? [];
    const buttons = (message.buttons?.length ?? 0) > 0;
    let ts = "";
    if (media.length > 0) {
      // Buttons stand under text only, so that what has both is two messages; the first may be there already.
      ts = buttons ? ((await uploads.find(message.key, channel, signal)) ?? "") : "";
      const comment = buttons ? "" : toMrkdwn(message.text);
      if (ts === "")
        ts = await uploads.share({ key: message.key, channel, threadTs, comment, media }, signal);
      if (!buttons) return sent(channel, ts || `file:${uploads.fileId(message.key)}`);
    }
    return post(message, { channel, threadTs, signal });
  }

  async function post(
    message: OutboundMessage,
    { channel, threadTs, signal }: { channel: string; threadTs: string; signal: AbortSignal },
  ): Promise<SendResult> {
    const answer = await api.call(
      "chat.postMessage",
      {
        channel,
        ...contentOf(message.text, message.buttons),
        ...(threadTs === "" ? {} : { thread_ts: threadTs }),
        metadata: metadataOf(message.key),
        unfurl_links: settings.linkPreview,
        unfurl_media: settings.linkPreview,
      },
      { signal },
    );
    return sent(text(answer["channel"]) || channel, text(answer["ts"]));
  }

  /** Edits, deletes and reactions: made twice they are made once. */
  async function change(
    message: Exclude<Outbound, { kind: "message" | "poll" }>,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const target = parseMessageId(message.messageId, message.to);
    if (!target) return { kind: "dead", error: `"${message.messageId}" is no Slack message id` };
    const { ts } = target;
    const channel = await conversation(target.channel, signal);
    try {
      if (message.kind === "edit") {
        const content = contentOf(message.text, message.buttons);
        // An edit without blocks leaves old buttons where they are.
        await api.call("chat.update", { channel, ts, blocks: [], ...content }, { signal });
      } else if (message.kind === "delete") await api.call("chat.delete", { channel, ts }, { signal });
      else {
        const name = emojiNameOf(message.emoji);
        if (name === null)
          return { kind: "dead", error: `Slack's name of ${message.emoji} is not known; give it as :name:` };
        const method = message.remove === true ? "reactions.remove" : "reactions.add";
        await api.call(method, { channel, timestamp: ts, name }, { signal });
      }
    } catch (error) {
      const gone = error instanceof SlackFailure && nothingToDo.has(error.code);
      if (!gone || (message.kind === "edit" && error.code === "message_not_found")) throw error;
    }
    return sent(channel, ts);
  }

  /** Whether Slack has the message of this key. Rejects when there is more history than is looked through. */
  async function query(key: string, at: Where): Promise<JsonObject | null> {
    const found = await look(key, at);
    if (found) return found;
    // What was sent a moment ago may still be on its way through Slack.
    await sleep(context.clock, settlesWithinMs, at.signal);
    return look(key, at);
  }

  async function look(key: string, at: Where): Promise<JsonObject | null> {
    const { signal } = at;
    const channel = await conversation(at.to, signal);
    const shared = await uploads.find(key, channel, signal);
    if (shared !== null) return { messageId: messageIdOf(channel, shared) };
    const threadTs = threadOf(at.threadId);
    const method = threadTs === "" ? "conversations.history" : "conversations.replies";
    let cursor = "";
    for (let page = 0; page < queryPages; page++) {
      const answer = await api.call(
        method,
        {
          channel,
          ...(threadTs === "" ? {} : { ts: threadTs }),
          include_all_metadata: true,
          limit: queryPageSize,
          ...(cursor === "" ? {} : { cursor }),
        },
        { signal },
      );
      const found = listOf(answer["messages"]).find((each) => keyOf(fields(each["metadata"])) === key);
      if (found) return { messageId: messageIdOf(channel, text(found["ts"])) };
      cursor = text(fields(answer["response_metadata"])["next_cursor"]);
      if (answer["has_more"] !== true || cursor === "") return null;
    }
    throw new SlackFailure(`more than ${queryPages * queryPageSize} messages came since; it cannot be told`, {
      status: 0,
      ambiguous: true,
    });
  }

  return { send, query, conversation };
}

export function threadOf(threadId: string | undefined): string {
  return threadId !== undefined && /^\d+\.\d+$/.test(threadId) ? threadId : "";
}

function sent(channel: string, ts: string): SendResult {
  return { kind: "sent", receipt: { messageId: messageIdOf(channel, ts) } };
}
