import type { InboundMessageEvent } from "../channels/contract.ts";

/**
 * The text the model reads for a message: what was written, then what came with it in words, one bracketed line each.
 * All of it is the sender's and stays labelled as untrusted (threats.md 4.6).
 */
export function describeMessage(event: InboundMessageEvent, notes: readonly string[]): string {
  const lines: string[] = [];
  const { replyTo, location, contacts, poll } = event;
  if (replyTo?.text)
    lines.push(
      `[in reply to ${replyTo.ours ? "the assistant" : (replyTo.senderId ?? "somebody")}: ${oneLine(replyTo.text)}]`,
    );
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

const oneLine = (text: string) => text.replace(/\s+/g, " ").slice(0, 500);
