import type { Button, OutboundMessage } from "../contract.ts";
import { splitMarkdown } from "../split/index.ts";
import { renderMarkdown } from "../text/index.ts";
import type { Fields } from "../shared/index.ts";

// What a message of ours becomes: mrkdwn, and blocks where it has buttons.

const sectionLimit = 3000;
const rowLimit = 25;
const labelLimit = 75;
/** Buttons of one message that can be told apart. */
const keyType = "openclaw_delivery";

export function toMrkdwn(markdown: string): string {
  return renderMarkdown(markdown, "slack");
}

/** The parameters of a message's content. Without buttons blocks are emptied, so that an edit takes them away. */
export function contentOf(markdown: string, buttons: OutboundMessage["buttons"]): Fields {
  const text = toMrkdwn(markdown);
  const rows = (buttons ?? []).filter((row) => row.length > 0);
  if (rows.length === 0) return { text };
  return { text, blocks: [...sections(markdown), ...rows.map(actions)] };
}

/** How a message says which delivery it is; only our app reads it back. */
export function metadataOf(key: string): Fields {
  return { event_type: keyType, event_payload: { key } };
}

/** The key of a message of ours; "" for others. */
export function keyOf(metadata: Fields): string {
  const payload = metadata["event_payload"] as Fields | undefined;
  return metadata["event_type"] === keyType && typeof payload?.["key"] === "string" ? payload["key"] : "";
}

function sections(markdown: string, limit = 1500): Fields[] {
  return splitMarkdown(markdown, limit).flatMap((part): Fields[] => {
    const text = toMrkdwn(part);
    if (text.length <= sectionLimit)
      return [{ type: "section", text: { type: "mrkdwn", text, verbatim: true } }];
    // Signs that are written as entities grow fivefold at most.
    return limit > 500 ? sections(part, 500) : [plainSection(part)];
  });
}

function plainSection(text: string): Fields {
  return { type: "section", text: { type: "plain_text", text: text.slice(0, sectionLimit), emoji: false } };
}

function actions(row: readonly Button[], index: number): Fields {
  return {
    type: "actions",
    block_id: `row-${index}`,
    elements: row.slice(0, rowLimit).map(({ label, value, style }, place) => ({
      type: "button",
      action_id: `press-${index}-${place}`,
      text: { type: "plain_text", text: label.slice(0, labelLimit), emoji: true },
      value,
      ...(style === undefined ? {} : { style }),
    })),
  };
}
