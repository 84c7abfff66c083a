import { OpenClawError } from "../../../../src/core/errors.ts";
import { tellFailed } from "../../components/toasts.tsx";
import { call, generation } from "../../gateway/connection.ts";

export interface Attachment {
  fileName: string;
  mimeType: string;
  /** base64. */
  content: string;
  bytes: number;
}

/** A message this page gave to the gateway, or will. `id` is its key: the same key is the same message, for ever. */
export interface Unsent {
  id: string;
  sessionKey: string;
  text: string;
  attachments: readonly Attachment[];
  /** Entry whose place it takes; what runs is stopped for it. */
  replaces: string | null;
}

type Accepted = (message: Unsent, status: string) => void;

const unsent = new Map<string, Unsent>();
const listeners = new Set<Accepted>();

/** Messages of a conversation that the gateway has not confirmed. */
export const unsentOf = (sessionKey: string): Unsent[] =>
  [...unsent.values()].filter((message) => message.sessionKey === sessionKey);

/** Told of each message the gateway has confirmed, or `refused` after a reconnect. Returns the function that stops. */
export function onAccepted(listener: Accepted): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * Gives a message to the gateway. When the connection breaks meanwhile nobody knows whether it arrived: it is given
 * again under the same key as soon as there is a connection.
 * @throws OpenClawError when the gateway does not want it
 */
export async function give(message: Unsent): Promise<void> {
  unsent.set(message.id, message);
  const { id, sessionKey, text, attachments, replaces } = message;
  try {
    const { status } = await call<{ status: string }>("chat.send", {
      sessionKey,
      message: text,
      idempotencyKey: id,
      deliver: false,
      ...(replaces === null ? {} : { replaces, stopFirst: true }),
      ...(attachments.length === 0
        ? {}
        : {
            attachments: attachments.map(({ fileName, mimeType, content }) => ({
              // Pictures go to the model as they are; what a recording or a document says is taken out of it.
              type: mimeType.startsWith("image/") ? "image" : "file",
              fileName,
              mimeType,
              content,
            })),
          }),
    });
    unsent.delete(id);
    for (const listener of listeners) listener(message, status);
  } catch (error) {
    if (isClosed(error)) return;
    unsent.delete(id);
    throw error;
  }
}

generation.subscribe(() => {
  for (const message of unsent.values())
    give(message).catch((error: unknown) => {
      for (const listener of listeners) listener(message, "refused");
      tellFailed(error);
    });
});

/** The banner tells of a connection that is away. */
export const isClosed = (error: unknown): boolean =>
  error instanceof OpenClawError && error.code === "CONNECTION_CLOSED";
