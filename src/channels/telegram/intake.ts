import type { Message, Update } from "grammy/types";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { ChannelContext, InboundEvent } from "../contract.ts";
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

/**
 * Hands the events of a unit to the gateway. Resolves once all are committed or refused; rejects when one could not be
 * stored. A unit that cannot be read is logged and dropped: it would be as unreadable the next time.
 */
export async function handIn(
  unit: Unit,
  deps: {
    facts: InboundFacts;
    migrations: Migrations;
    receive: ChannelContext["receive"];
    logger: Logger;
  },
): Promise<void> {
  const [first] = unit;
  if (!first) return;
  await deps.migrations.notice(first.message);
  let events: InboundEvent[];
  try {
    events = unit.length === 1 ? eventsOf(first, deps.facts) : albumEvents(unit, deps.facts);
  } catch (error) {
    deps.logger.warn("an update could not be read and was dropped", {
      updateId: first.update_id,
      error: messageOf(error),
    });
    return;
  }
  for (const event of events) {
    const verdict = await deps.receive(event);
    // The gateway says what came of a press; where nobody did, at least the button stops turning.
    if (event.kind === "action" && !verdict.accepted) await event.answer?.("");
  }
}

function albumEvents(unit: Unit, facts: InboundFacts): InboundEvent[] {
  const parts = unit
    .flatMap((update): Message[] => (update.message ? [update.message] : []))
    .sort((one, other) => one.message_id - other.message_id);
  const event = messageEvent(parts, facts);
  return event ? [event] : [];
}
