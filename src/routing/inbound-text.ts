import { randomBytes } from "node:crypto";
import type { InboundMessageEvent, QuotedMessage } from "../channels/contract.ts";
import { renderForModel, untrusted } from "../core/untrusted.ts";

/**
 * The text the model reads for a message: what was written, then what came with it in words, one bracketed line each.
 * All of it is the sender's and is labelled like the sender's words; what somebody else wrote, which a person quotes, has
 * a label of its own, for the words of the owner are instructions (threats.md 4.6).
 */
export function describeMessage(event: InboundMessageEvent, notes: readonly string[]): string {
  const lines: string[] = [];
  const { replyTo, location, contacts, poll } = event;
  // A command stands alone: whoever answers a message with one means the assistant, not the message.
  if (replyTo?.text && !event.text.trimStart().startsWith("/")) lines.push(quote(event, replyTo));
  if (event.text !== "") lines.push(event.text);
  if (location) {
    const named = [location.name, location.address].filter((part) => part).map((part) => oneLine(part ?? ""));
    lines.push(
      `[location ${location.latitude}, ${location.longitude}${named.map((n) => `, ${n}`).join("")}]`,
    );
  }
  for (const { name, phones } of contacts ?? [])
    lines.push(`[contact ${[oneLine(name), ...phones.map(oneLine)].join(", ")}]`);
  if (poll) lines.push(`[poll: ${oneLine(poll.question)} — ${poll.options.map(oneLine).join(" | ")}]`);
  return [...lines, ...notes.map((note) => `[${note}]`)].join("\n");
}

function quote({ channel }: InboundMessageEvent, replyTo: QuotedMessage): string {
  const text = oneLine(replyTo.text ?? "");
  if (replyTo.ours) return `[in reply to the assistant: ${text}]`;
  const block = renderForModel(untrusted(text, `channel:${channel}`), {
    tag: "untrusted",
    // Whoever wrote the quoted text could not know it.
    boundary: randomBytes(8).toString("hex"),
    attributes: { from: replyTo.senderId },
  });
  return `[in reply to this message]\n${block}`;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").slice(0, 500);
