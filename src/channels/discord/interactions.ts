import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { InboundActionEvent, InboundMessageEvent, InboundVerdict } from "../contract.ts";
import type { DiscordRest } from "./rest.ts";
import type { WireInteraction } from "./types.ts";
import { messageFlag, reply } from "./wire.ts";

export interface InteractionDeps {
  rest: DiscordRest;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  receive(event: InboundActionEvent | InboundMessageEvent): Promise<InboundVerdict>;
}

/** Discord tells the person that the bot failed when nothing was said within three seconds. */
const answerWithinMs = 2000;
const mostWords = 1900;

/**
 * Hands in a slash command or a pressed button, and sees to it that the person is not told that it failed. The answer
 * proper is a message like any other. What is said here is seen by that person alone.
 */
export async function handInInteraction(
  event: InboundActionEvent | InboundMessageEvent,
  interaction: WireInteraction,
  deps: InteractionDeps,
): Promise<void> {
  const { rest, clock, logger, signal } = deps;
  const press = event.kind === "action";
  let first: Promise<void> | null = null;
  let deferred = false;
  let told = false;

  const respond = (type: number, words: string | null) =>
    rest
      .call(
        {
          method: "POST",
          path: `/interactions/${interaction.id}/${interaction.token}/callback`,
          body: {
            type,
            ...(words === null
              ? type === reply.deferred
                ? { data: { flags: messageFlag.ephemeral } }
                : {}
              : { data: privately(words) }),
          },
        },
        { signal },
      )
      .then(() => undefined);

  /** Said in time, whatever is still going on. */
  function soon(): void {
    if (first) return;
    deferred = true;
    first = respond(press ? reply.deferredUpdate : reply.deferred, null);
    first.catch((error: unknown) =>
      logger.debug("an interaction was not answered", { error: messageOf(error) }),
    );
  }

  async function tell(words: string): Promise<void> {
    if (told) return;
    told = true;
    cancel();
    if (!first) return (first = respond(reply.message, words));
    await first;
    const at = `/webhooks/${interaction.application_id}/${interaction.token}`;
    // A deferred answer to a command waits to be filled in; a press has a note of its own.
    await rest.call(
      deferred && !press
        ? {
            method: "PATCH",
            path: `${at}/messages/@original`,
            body: { content: words, allowed_mentions: { parse: [] } },
          }
        : { method: "POST", path: at, body: privately(words) },
      { signal },
    );
  }

  const cancel = clock.after(answerWithinMs, soon);
  const quietly = (words: string) =>
    tell(words).catch((error: unknown) =>
      logger.debug("an interaction was not answered", { error: messageOf(error) }),
    );
  try {
    if (event.kind === "action") {
      const verdict = await deps.receive({ ...event, answer: tell });
      // Whether it was refused is the operator's to know.
      if (!verdict.accepted) soon();
    } else {
      await deps.receive(event);
      void quietly("Received.");
    }
  } catch (error) {
    cancel();
    throw error;
  }
}

function privately(words: string) {
  return {
    content: words.slice(0, mostWords),
    flags: messageFlag.ephemeral,
    allowed_mentions: { parse: [] },
  };
}
