import { splitMarkdown } from "../channels/split/index.ts";
import type { ChannelHost, SendRequest, Sent } from "./contract.ts";

/**
 * Sends a text of any length as the parts the platform takes; files go with the first part, buttons with the last.
 * All parts are committed before the first is waited for. The receipt is the first part's.
 */
export async function sendText(
  host: Pick<ChannelHost, "pick" | "send">,
  message: SendRequest,
  signal?: AbortSignal,
): Promise<Sent & { parts: number }> {
  const account = host.pick(message);
  const parts = partsOf(message.text, account.manifest?.capabilities.maxTextLength);
  const { channel, account: id } = account.settings;
  const { mediaUrls, content, ...rest } = message;
  const { buttons, replyTo, ...shared } =
    content?.kind === "message" ? content : { kind: "message" as const };
  const sent = await Promise.all(
    parts.map((text, index) =>
      host.send(
        {
          ...rest,
          channel,
          account: id,
          key: index === 0 ? message.key : `${message.key}:${index}`,
          text,
          ...(index === 0 && mediaUrls ? { mediaUrls } : {}),
          content: {
            ...shared,
            ...(index === 0 && replyTo !== undefined ? { replyTo } : {}),
            ...(index === parts.length - 1 && buttons ? { buttons } : {}),
          },
        },
        signal,
      ),
    ),
  );
  const [first] = sent;
  if (!first) throw new Error("a text has at least one part");
  return { ...first, parts: sent.length };
}

/** A text as the messages it becomes; one empty message when there is nothing to say. */
export function partsOf(text: string, limit = 2000): string[] {
  const parts = splitMarkdown(text, limit);
  return parts.length === 0 ? [""] : parts;
}
