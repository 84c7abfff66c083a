import type { ChannelContext, Outbound, OutboundMedia, OutboundMessage, SendResult } from "../contract.ts";
import { renderStyled } from "../text/index.ts";
import { count, type Fields, fields, listOf, text } from "../shared/index.ts";
import { codes, isLoggedOut, settle, SignalFailure, troubleOf } from "./failure.ts";
import { messageIdOf, parseMessageId, targetOf } from "./ids.ts";
import type { SignalRpc } from "./rpc.ts";

const fileTimeoutMs = 5 * 60_000;
const styleNames = { bold: "BOLD", italic: "ITALIC", strike: "STRIKETHROUGH", code: "MONOSPACE" } as const;
/** Of one person's message: the platform's word, and whether trying again is of use. */
const unreached: Record<string, string> = {
  UNREGISTERED_FAILURE: "is not on Signal",
  IDENTITY_FAILURE: "has a new safety number that was not verified",
  INVALID_PRE_KEY_FAILURE: "cannot be written to: their keys are invalid",
  PROOF_REQUIRED_FAILURE: "cannot be written to before a captcha was solved",
};

export interface SenderDeps {
  rpc: () => SignalRpc;
  /** Own number; "" before it is known. */
  number: () => string;
  context: Pick<ChannelContext, "account" | "clock" | "proved" | "trouble">;
  /** Signal does not know this device any more. */
  loggedOut(): void;
}

/** Turns what the gateway wants said into calls of the daemon, and their outcome into how the delivery is settled. */
export function createSender(deps: SenderDeps) {
  const { context } = deps;

  return async (message: Outbound, signal: AbortSignal): Promise<SendResult> => {
    const target = targetOf(message.to);
    if (!target) return { kind: "dead", error: `"${message.to}" is neither a person nor a group of Signal` };
    if (message.kind === "poll") return { kind: "dead", error: "polls are not sent to Signal" };
    try {
      const result =
        message.kind === "message"
          ? await post(message, { target, signal })
          : await change(message, { target, signal });
      if (result.kind === "sent") context.proved("send");
      return result;
    } catch (error) {
      if (!(error instanceof SignalFailure)) throw error;
      const trouble = troubleOf(error, { account: context.account, now: context.clock.now() });
      if (trouble) context.trouble(trouble);
      if (isLoggedOut(error)) deps.loggedOut();
      return settle(error, message.kind !== "message");
    }
  };

  async function post(message: OutboundMessage, at: Where): Promise<SendResult> {
    const media = message.media ?? [];
    const attachments: string[] = [];
    for (const each of media) attachments.push(await dataUri(each));
    const quoted = message.replyTo === undefined ? null : parseMessageId(message.replyTo);
    const answer = await call(
      "send",
      {
        ...contentOf(message.text),
        ...(attachments.length === 0 ? {} : { attachment: attachments }),
        ...(quoted ? { quoteTimestamp: quoted.timestamp, quoteAuthor: quoted.author } : {}),
      },
      at,
    );
    return outcomeOf(answer, (timestamp) => messageIdOf(timestamp, deps.number()));
  }

  /** Edits, deletes and reactions: made twice they are made once. */
  async function change(
    message: Exclude<Outbound, { kind: "message" | "poll" }>,
    at: Where,
  ): Promise<SendResult> {
    const target = parseMessageId(message.messageId);
    if (!target) return { kind: "dead", error: `"${message.messageId}" is no Signal message id` };
    const { timestamp, author } = target;
    const kept = () => message.messageId;
    if (message.kind === "edit")
      return outcomeOf(
        await call("send", { ...contentOf(message.text), editTimestamp: timestamp }, at),
        kept,
      );
    if (message.kind === "delete")
      return outcomeOf(await call("remoteDelete", { targetTimestamp: timestamp }, at), kept);
    const reaction = {
      emoji: message.emoji,
      targetAuthor: author,
      targetTimestamp: timestamp,
      remove: message.remove === true,
    };
    return outcomeOf(await call("sendReaction", reaction, at), kept);
  }

  interface Where {
    target: Fields;
    signal: AbortSignal;
  }

  async function call(method: string, params: Fields, { target, signal }: Where): Promise<Fields> {
    const withFiles = params["attachment"] !== undefined;
    return fields(
      await deps
        .rpc()
        .call(
          method,
          { account: deps.number(), ...target, ...params },
          { signal, ...(withFiles ? { timeoutMs: fileTimeoutMs } : {}) },
        ),
    );
  }
}

/** Words, and the styles over them. */
function contentOf(markdown: string): Fields {
  const { text: message, styles } = renderStyled(markdown);
  const textStyle = styles.map(({ start, length, style }) => `${start}:${length}:${styleNames[style]}`);
  return { message, ...(textStyle.length === 0 ? {} : { textStyle }) };
}

/** A file as the daemon takes it from anywhere (RFC 2397). */
async function dataUri(media: OutboundMedia): Promise<string> {
  const content = Buffer.from(await media.read()).toString("base64");
  // A voice note is what has no name.
  const name = media.kind === "voice" ? "" : `;filename=${encodeURIComponent(plainName(media.fileName))}`;
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(media.mimeType)?.[0] ?? "application/octet-stream";
  return `data:${type}${name};base64,${content}`;
}

function plainName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}\\/]/gu, "_")
    .trim()
    .slice(0, 120)
    .toWellFormed();
  return plain === "" ? "file" : plain;
}

/** A message that reached nobody was not sent; one that reached some of a group was. */
function outcomeOf(answer: Fields, idOf: (timestamp: number) => string): SendResult {
  const timestamp = count(answer["timestamp"]);
  if (timestamp === undefined)
    throw new SignalFailure("signal-cli did not say when it sent the message", {
      code: codes.internal,
      ambiguous: true,
    });
  const results = listOf(answer["results"]);
  const failed = results.filter((each) => text(each["type"]) !== "SUCCESS");
  if (results.length === 0 || failed.length < results.length)
    return { kind: "sent", receipt: { messageId: idOf(timestamp) } };
  const [first = {}] = failed;
  const type = text(first["type"]);
  const reason = unreached[type];
  if (reason !== undefined) return { kind: "dead", error: `the recipient ${reason}` };
  if (type === "RATE_LIMIT_FAILURE")
    throw new SignalFailure("Signal asks to wait", {
      code: codes.rateLimit,
      ambiguous: false,
      retryAfterMs: (count(first["retryAfterSeconds"]) ?? 60) * 1000,
    });
  throw new SignalFailure(`Signal: ${type}`, { code: codes.io, ambiguous: true });
}
