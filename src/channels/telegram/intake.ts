import type { Message, Update } from "grammy/types";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { ChannelContext, InboundActionEvent, InboundEvent } from "../contract.ts";
import { eventsOf, messageEvent, type InboundFacts } from "./inbound.ts";
import type { Migrations } from "./migrations.ts";

/** Updates that are one thing to the rest of the gateway: one, or the parts of an album. */
export type Unit = Update[];

/** What marks the parts of one album; null for everything else. */
export function albumOf(update: Update): string | null {
  const { message } = update;
  return message?.media_group_id === undefined ? null : `${message.chat.id} ${message.media_group_id}`;
}

/** Puts the parts of each album together where its first part stands. Pure. */
export function unitsOf(updates: readonly Update[]): Unit[] {
  const albums = new Map<string, Unit>();
  const units: Unit[] = [];
  for (const update of updates) {
    const album = albumOf(update);
    const started = album === null ? undefined : albums.get(album);
    if (started) started.push(update);
    else {
      const unit = [update];
      units.push(unit);
      if (album !== null) albums.set(album, unit);
    }
  }
  return units;
}

/** Whether the last update is part of an album of which more may come. */
export function endsInAlbum(updates: readonly Update[]): boolean {
  const last = updates.at(-1);
  const album = last ? albumOf(last) : null;
  return album !== null && updates.filter((update) => albumOf(update) === album).length < 10;
}

export interface IntakeDeps {
  facts: InboundFacts;
  migrations: Migrations;
  receive: ChannelContext["receive"];
  clock: Clock;
  logger: Logger;
}

/** Telegram forgets a press it got no answer to. */
const answerWithinMs = 3000;

/**
 * Hands the events of a unit to the gateway. Resolves once all are committed or refused; rejects when one could not be
 * stored. A unit that cannot be read is logged and dropped: it would be as unreadable the next time.
 */
export async function handIn(unit: Unit, deps: IntakeDeps): Promise<void> {
  const [first] = unit;
  if (!first) return;
  let events: InboundEvent[];
  try {
    await deps.migrations.notice(first.message);
    events = unit.length === 1 ? eventsOf(first, deps.facts) : albumEvents(unit, deps.facts);
  } catch (error) {
    deps.logger.warn("an update could not be read and was dropped", {
      updateId: first.update_id,
      error: messageOf(error),
    });
    return;
  }
  for (const event of events) {
    if (event.kind === "action") await handInPress(event, deps);
    else await deps.receive(event);
  }
}

/** A pressed button turns until the press is answered, which can be done once: after a while without words. */
async function handInPress(
  event: InboundActionEvent,
  { receive, clock, logger }: Pick<IntakeDeps, "receive" | "clock" | "logger">,
): Promise<void> {
  let answered = false;
  const answer = async (text: string) => {
    if (answered) return;
    answered = true;
    await event.answer?.(text);
  };
  const quietly = () =>
    void answer("").catch((error: unknown) =>
      logger.debug("a press was not answered", { error: messageOf(error) }),
    );
  const verdict = await receive({ ...event, answer });
  if (verdict.accepted) clock.after(answerWithinMs, quietly);
  else quietly();
}

function albumEvents(unit: Unit, facts: InboundFacts): InboundEvent[] {
  const parts = unit
    .flatMap((update): Message[] => (update.message ? [update.message] : []))
    .sort((one, other) => one.message_id - other.message_id);
  const event = messageEvent(parts, facts);
  return event ? [event] : [];
}
