import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, InboundEvent } from "../contract.ts";
import { fields, type Fields, text } from "../shared/index.ts";
import { actionEvents, commandEvent, eventsOf, type InboundFacts } from "./inbound.ts";
import type { Names } from "./names.ts";

/** Events that were handed in lately: Slack sends one again when our answer was late. */
const recentMost = 1000;

export interface IntakeDeps {
  context: Pick<ChannelContext, "receive" | "logger">;
  names: Names;
  facts: () => InboundFacts;
  catchUp: {
    passed(channel: string, ts: string, threadTs: string): void;
    missed(channel: string, ts: string): void;
    idle(): Promise<unknown>;
  };
}

/** Hands events to the gateway one after another, in the order in which Slack told them. */
export function createIntake({ context, names, facts, catchUp }: IntakeDeps) {
  const { logger } = context;
  const recent = new Map<string, Promise<void>>();
  let turn: Promise<void> = Promise.resolve();

  /** Once per id; one that failed is tried again when it comes again. */
  function once(event: InboundEvent): Promise<void> {
    const known = recent.get(event.messageId);
    if (known) return known;
    const taken = context.receive(event).then(() => undefined);
    recent.set(event.messageId, taken);
    for (const oldest of recent.keys()) {
      if (recent.size <= recentMost) break;
      recent.delete(oldest);
    }
    taken.catch(() => recent.delete(event.messageId));
    return taken;
  }

  /** Names that the event's text or sender need, so that people read names. */
  async function learn(event: Fields): Promise<void> {
    const message = fields(event["message"]);
    const said = `${text(event["text"])} ${text(message["text"])}`;
    const user = text(event["user"]) || text(message["user"]);
    const channel = text(event["channel"]);
    const users = new Set([
      user,
      ...[...said.matchAll(/<@([UW][A-Z0-9]+)>/g)].map((match) => match[1] ?? ""),
    ]);
    const asked = [...users].filter((id) => /^[UW][A-Z0-9]+$/.test(id)).slice(0, 10);
    await Promise.all([
      ...asked.map((id) => names.user(id)),
      ...(/^[CG]/.test(channel) ? [names.conversation(channel)] : []),
    ]);
  }

  async function takeMessage(event: Fields): Promise<void> {
    await learn(event);
    const [channel, ts] = [text(event["channel"]), text(event["ts"])];
    const isNew = text(event["type"]) === "message" && event["message"] === undefined && ts !== "";
    try {
      for (const each of readable(() => eventsOf(event, facts()))) await once(each);
    } catch (error) {
      if (isNew) catchUp.missed(channel, ts);
      throw error;
    }
    if (isNew) catchUp.passed(channel, ts, threadTsOf(event));
  }

  function readable<T>(read: () => T[]): T[] {
    const known = facts();
    try {
      return read();
    } catch (error) {
      // It would be as unreadable the next time.
      logger.warn("an event could not be read and was dropped", {
        account: known.account,
        error: messageOf(error),
      });
      return [];
    }
  }

  async function handle(envelope: Fields): Promise<void> {
    const payload = fields(envelope["payload"]);
    switch (text(envelope["type"])) {
      case "events_api":
        await catchUp.idle();
        return takeMessage(fields(payload["event"]));
      case "slash_commands": {
        await learn({ user: payload["user_id"], channel: payload["channel_id"] });
        for (const event of readable(() => [commandEvent(payload, facts())])) if (event) await once(event);
        return;
      }
      case "interactive":
        for (const event of readable(() => actionEvents(payload, facts()))) await once(event);
        return;
    }
  }

  return {
    /** An envelope of Socket Mode, or the same over HTTP. Resolves when it may be acknowledged. */
    take(envelope: Fields): Promise<void> {
      const taken = turn.then(() => handle(envelope));
      turn = taken.catch(() => undefined);
      return taken;
    },
    /** A message as history tells it. */
    async old(message: Fields): Promise<void> {
      const [channel, ts] = [text(message["channel"]), text(message["ts"])];
      await learn(message);
      const [event] = readable(() => eventsOf({ ...message, type: "message" }, facts()));
      if (event) await once(event);
      catchUp.passed(channel, ts, threadTsOf(message));
    },
    idle: () => turn,
  };
}

function threadTsOf(message: Fields): string {
  const threadTs = text(message["thread_ts"]);
  return threadTs === text(message["ts"]) ? "" : threadTs;
}
