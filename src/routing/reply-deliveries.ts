import { splitMarkdown } from "../channels/split/index.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { DeliveryContent, DeliveryTarget, InboxRow, NewDelivery } from "../ledger/contract.ts";
import type { BlockSettings } from "./block-replies.ts";

/** How answers look at one place. */
export interface ReplyStyle {
  /** Text in front of every answer. */
  prefix: string;
  /** Most characters of one message, UTF-16 units. */
  limit: number;
  /** Which parts quote the message they answer. */
  replyTo: "off" | "first" | "all";
  /** Whether the answer grows in one message while it is written, where the platform can edit. */
  preview: boolean;
  /** Milliseconds between two edits of that message. */
  previewEveryMs?: number;
  /** Which answers are spoken as well, and up to how many characters. */
  speech?: { mode: "off" | "inbound" | "always"; maxChars: number };
  /** Milliseconds between two messages of an answer, at random in between; absent for none. */
  pause?: { minMs: number; maxMs: number };
  /** Finished blocks are messages of their own; then there is no preview. */
  blocks?: BlockSettings;
}

/** What of an answer went out in blocks before its end. */
export interface SentBlocks {
  /** Goes out before the rest. */
  deliveries: NewDelivery[];
  /** Per payload, how many characters of its text are sent. */
  sent: readonly number[];
  /** Nothing was sent before: the first part of the rest is the first of all. */
  isFirst: boolean;
}

export const plainStyle: ReplyStyle = { prefix: "", limit: 32_000, replyTo: "off", preview: false };

/** Key of the message a streamed answer grows in. */
export const previewKey = (runId: string): string => `${runId}:preview`;

/** The place of the newest message that wants an answer. */
export const replyTargetOf = (messages: ReadonlyArray<Pick<InboxRow, "deliverTo">>): DeliveryTarget | null =>
  messages.findLast((message) => message.deliverTo !== null)?.deliverTo ?? null;

/**
 * What the end of a run sends outward: one delivery per part of every payload, to the place of the newest message that
 * wants one. Keys are `<run>:<payload>:<part>` and the text is cut deterministically, so a run that is completed again
 * after a crash makes the same deliveries.
 */
export function replyDeliveries(
  messages: ReadonlyArray<Pick<InboxRow, "deliverTo" | "media">>,
  outcome: RunOutcome,
  styleOf: (target: DeliveryTarget) => ReplyStyle = () => plainStyle,
  { footer = "", blocks = null }: { footer?: string; blocks?: SentBlocks | null } = {},
): NewDelivery[] {
  const target = replyTargetOf(messages);
  if (!target) return [];
  const style = styleOf(target);
  const payloads = outcome.payloads.map(({ text, mediaUrls = [] }, index) => {
    const sent = blocks?.sent[index] ?? 0;
    return { text: sent > 0 ? text.slice(sent).trimStart() : text, mediaUrls, goesOn: sent > 0 };
  });
  const last = payloads.at(-1);
  if (last && footer !== "" && outcome.status === "ok") last.text = `${last.text}\n\n${footer}`;
  // A person who wrote from outside learns of a failure; one who stopped the run knows already.
  if (outcome.status === "error" || outcome.status === "timeout")
    payloads.push({ text: outcome.error?.message ?? "The run failed.", mediaUrls: [], goesOn: false });
  const written = payloads
    .filter(({ text, mediaUrls }) => text.trim() !== "" || mediaUrls.length > 0)
    .flatMap(({ text, mediaUrls, goesOn }, payload) => {
      const isPrefixed =
        style.prefix !== "" && text.trim() !== "" && payload < outcome.payloads.length && !goesOn;
      const parts = splitMarkdown(isPrefixed ? `${style.prefix} ${text}` : text, style.limit);
      return (parts.length === 0 ? [""] : parts).map((part, index): NewDelivery => {
        const isFirst = payload === 0 && index === 0 && blocks?.isFirst !== false;
        const quotes = style.replyTo === "all" || (style.replyTo === "first" && isFirst);
        const content: DeliveryContent = {
          kind: "message",
          ...(quotes && target.answers !== undefined ? { replyTo: target.answers } : {}),
          ...(isFirst && style.preview ? { replaces: previewKey(outcome.runId) } : {}),
        };
        return {
          key: `${outcome.runId}:${payload}:${index}`,
          runId: outcome.runId,
          target,
          text: part,
          ...(index === 0 && mediaUrls.length > 0 ? { mediaUrls } : {}),
          ...(Object.keys(content).length > 1 ? { content } : {}),
        };
      });
    });
  const all = [...(blocks?.deliveries ?? []), ...written];
  const speech = spokenText(messages, outcome, style);
  if (speech === "") return all;
  const content: DeliveryContent = { kind: "message", speech };
  return [...all, { key: `${outcome.runId}:speech`, runId: outcome.runId, target, text: "", content }];
}

/** What of an answer is spoken: all of it, or nothing. */
function spokenText(
  messages: ReadonlyArray<Pick<InboxRow, "media">>,
  outcome: RunOutcome,
  { speech }: ReplyStyle,
): string {
  if (!speech || speech.mode === "off" || outcome.status !== "ok" || outcome.reason === "command") return "";
  const isVoice = messages.some(({ media }) => media.some(({ mimeType }) => mimeType.startsWith("audio/")));
  if (speech.mode === "inbound" && !isVoice) return "";
  const text = outcome.payloads
    .map((payload) => payload.text.trim())
    .filter((part) => part !== "")
    .join("\n\n");
  return text.length > speech.maxChars ? "" : text;
}
