import { z } from "zod";
import { parseChatCommand } from "../../agent/index.ts";
import type { Replaced } from "../../core/conversation.ts";
import type { MediaRef } from "../../ledger/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { chatMessages, mayBeReplaced } from "./messages.ts";
import { invalidRequest, sessionKeyOf } from "./settings.ts";

const maxVersionBytes = 6 * 1024 * 1024;
const stopWaitMs = 10_000;
const key = z.string().min(1);

/** What a message that takes another's place is submitted with. */
export interface Replacement {
  replaces: Replaced;
  /** Pictures of the message that is replaced. */
  media: MediaRef[];
}

/**
 * Looks up the message of this conversation that is to be replaced (decision 0012).
 * @throws INVALID_REQUEST when there is none, when it is not the owner's own, or when the text is a chat command.
 */
export function replacementOf(
  { sessions }: Pick<GatewayServices, "sessions">,
  { sessionKey, id, text }: { sessionKey: string; id: string; text: string },
): Replacement {
  if (parseChatCommand(text))
    throw invalidRequest(
      `a chat command (${JSON.stringify(text.slice(0, 40))}) cannot take the place of a message`,
      "send it on its own, without replaces",
    );
  const found = sessions.get(sessionKey) ? sessions.find(sessionKey, id) : null;
  if (!found)
    throw invalidRequest(
      `replaces: this conversation has no message ${JSON.stringify(id.slice(0, 80))} now`,
      "read it again: chat.history",
    );
  if (!mayBeReplaced(found.entry))
    throw invalidRequest(
      `replaces: message ${JSON.stringify(id.slice(0, 80))} is not one of the owner's own`,
      "only what you wrote yourself can be changed",
    );
  const { entry, at } = found;
  return {
    replaces: { id, version: (entry.replaces?.version ?? 1) + 1, ...(at === null ? {} : { at }) },
    media: entry.content.flatMap((block) =>
      block.type === "image" ? [{ digest: block.digest, mimeType: block.mimeType, bytes: block.bytes }] : [],
    ),
  };
}

/** Ends what runs and waits in a session, and what it still writes. */
export async function stopBefore({ runs }: Pick<GatewayServices, "runs">, sessionKey: string): Promise<void> {
  const stopped = await runs.abort({ sessionKey, reason: "an earlier message was changed" });
  await Promise.all(stopped.map((runId) => runs.wait(runId, stopWaitMs)));
}

/** `chat.version`: what was said before a message was changed. */
export function createVersionMethod(services: GatewayServices): Method {
  return method({
    name: "chat.version",
    authority: "read",
    params: () =>
      z.strictObject({
        sessionKey: key,
        // A message of the conversation as it is now.
        id: key,
        version: z.int().min(1),
        limit: z.int().min(1).max(1000).optional(),
      }),
    handler({ sessionKey, id, version, limit = 200 }) {
      const { canonical } = sessionKeyOf(services, sessionKey);
      const found = services.sessions.get(canonical)
        ? services.sessions.earlierVersion(canonical, { id, version, limit })
        : null;
      if (!found)
        throw invalidRequest(
          `message ${JSON.stringify(id.slice(0, 80))} has no earlier version ${version}`,
          "read it again: chat.history",
        );
      const messages = found.entries.flatMap(chatMessages);
      let bytes = 0;
      const fits = messages.findIndex((each) => (bytes += JSON.stringify(each).length) > maxVersionBytes);
      const shown = fits < 0 ? messages : messages.slice(0, Math.max(1, fits));
      return {
        sessionKey,
        id,
        version,
        of: found.of,
        messages: shown,
        more: found.more || shown.length < messages.length,
      };
    },
  });
}
