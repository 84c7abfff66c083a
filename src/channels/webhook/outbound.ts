import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { Outbound, OutboundMedia } from "../contract.ts";

/**
 * What is posted to a receiver. A message has no more fields than it needs, so that a receiver that knows only `text`
 * still shows what was meant: a poll says its question and options there, too. A message has no `type`: it never had.
 */
export async function bodyOf(message: Outbound, account: string): Promise<JsonObject> {
  const { key, to, threadId } = message;
  const base: JsonObject = { key, to, ...(threadId === undefined ? {} : { threadId }), account };
  switch (message.kind) {
    case "message": {
      const { text, replyTo, media = [], buttons = [], silent } = message;
      const files: JsonValue[] = [];
      for (const each of media) files.push(await fileOf(each));
      return {
        ...base,
        text,
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(files.length === 0 ? {} : { media: files }),
        ...(buttons.length === 0 ? {} : { buttons: rowsOf(buttons) }),
        ...(silent === true ? { silent } : {}),
      };
    }
    case "poll": {
      const { question, options, maxSelections, durationHours } = message;
      const text = [question, ...options.map((option, index) => `${index + 1}. ${option}`)].join("\n");
      const poll = {
        question,
        options,
        maxSelections,
        ...(durationHours === undefined ? {} : { durationHours }),
      };
      return { ...base, type: "poll", text, poll };
    }
    case "edit": {
      const { messageId, text, buttons = [] } = message;
      return {
        ...base,
        type: "edit",
        messageId,
        text,
        ...(buttons.length === 0 ? {} : { buttons: rowsOf(buttons) }),
      };
    }
    case "delete":
      return { ...base, type: "delete", messageId: message.messageId };
    case "react": {
      const { messageId, emoji, remove } = message;
      return { ...base, type: "reaction", messageId, emoji, removed: remove === true };
    }
  }
}

function rowsOf(rows: Extract<Outbound, { kind: "edit" }>["buttons"] & {}): JsonValue {
  return rows.map((row) =>
    row.map(({ label, value, style }) => ({ label, value, ...(style === undefined ? {} : { style }) })),
  );
}

async function fileOf(media: OutboundMedia): Promise<JsonObject> {
  const { kind, mimeType, fileName, bytes } = media;
  return { kind, mimeType, fileName, bytes, base64: Buffer.from(await media.read()).toString("base64") };
}
