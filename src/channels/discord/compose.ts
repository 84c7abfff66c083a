import type { JsonValue } from "../../core/json.ts";
import type { Button, OutboundMedia, OutboundMessage } from "../contract.ts";
import { splitMarkdown } from "../split/index.ts";
import { renderMarkdown } from "../text/index.ts";

// What one message of ours becomes: Discord has limits for words, files and buttons of a message of its own.

/** One call of the platform. */
export interface Step {
  content: string;
  media: OutboundMedia[];
  buttons: boolean;
}

export const contentLimit = 2000;
const filesMost = 10;
const bytesMost = 20 * 1024 * 1024;

/** The calls for a message, in their order; nearly always one. Pure. */
export function stepsOf(message: Pick<OutboundMessage, "text" | "media" | "buttons">): Step[] {
  const texts = message.text === "" ? [] : fitting(message.text);
  const steps: Step[] = texts.map((content) => ({ content, media: [], buttons: false }));
  for (const [index, media] of groupsOf(message.media ?? []).entries()) {
    const last = index === 0 ? steps.at(-1) : undefined;
    if (last) last.media = media;
    else steps.push({ content: "", media, buttons: false });
  }
  if (steps.length === 0) steps.push({ content: "", media: [], buttons: false });
  const buttoned = steps[Math.max(texts.length - 1, 0)];
  if (buttoned) buttoned.buttons = (message.buttons?.length ?? 0) > 0;
  return steps;
}

/** In Discord's markdown, in pieces it takes: marks and escapes can make a text longer than it was. */
export function fitting(text: string): string[] {
  const rendered = renderMarkdown(text, "discord");
  if (rendered.length <= contentLimit) return [rendered];
  if (text.length < 200) return slices(rendered);
  const halves = splitMarkdown(text, Math.ceil(text.length * 0.6));
  return halves.length < 2 ? slices(rendered) : halves.flatMap(fitting);
}

function slices(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += contentLimit)
    parts.push(text.slice(at, at + contentLimit).toWellFormed());
  return parts;
}

function groupsOf(media: readonly OutboundMedia[]): OutboundMedia[][] {
  const groups: OutboundMedia[][] = [];
  let bytes = 0;
  for (const each of media) {
    const open = groups.at(-1);
    if (open && open.length < filesMost && bytes + each.bytes <= bytesMost) {
      open.push(each);
      bytes += each.bytes;
    } else {
      groups.push([each]);
      bytes = each.bytes;
    }
  }
  return groups;
}

const styles = { primary: 1, danger: 4 } as const;

/** Rows of buttons; more than Discord takes go into further rows, of which it takes five. */
export function componentsOf(buttons: Button[][] | undefined): JsonValue[] {
  return (buttons ?? [])
    .flatMap((row) =>
      Array.from({ length: Math.ceil(row.length / 5) }, (_, at) => row.slice(at * 5, at * 5 + 5)),
    )
    .slice(0, 5)
    .map((row) => ({
      type: 1,
      components: row.map(({ label, value, style }) => ({
        type: 2,
        style: style === undefined ? 2 : styles[style],
        label: label.slice(0, 80).toWellFormed(),
        custom_id: value,
      })),
    }));
}
