import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, InboundEvent } from "../contract.ts";
import { createBackoff, fields, text } from "../shared/index.ts";
import { eventsOf, type InboundFacts } from "./inbound.ts";

export interface IntakeDeps {
  context: Pick<ChannelContext, "account" | "receive" | "trouble" | "clock" | "logger">;
  signal: AbortSignal;
  facts: () => InboundFacts;
}

/**
 * Hands events to the gateway one after another. signal-cli tells each message once and waits for no answer, so what
 * could not be stored is kept here and tried again until it is.
 */
export function createIntake({ context, signal, facts }: IntakeDeps) {
  const { clock, logger } = context;
  let turn: Promise<void> = Promise.resolve();

  async function store(event: InboundEvent): Promise<void> {
    const backoff = createBackoff({ firstMs: 500, capMs: 30_000 });
    for (;;) {
      try {
        await context.receive(event);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = backoff.next();
        context.trouble({
          code: "NOT_STORED",
          message: `a message could not be stored: ${messageOf(error)}`,
          retryAt: clock.now() + waitMs,
        });
        await sleep(clock, waitMs, signal).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  function read(data: string): InboundEvent[] {
    try {
      const told = fields(JSON.parse(data));
      const exception = text(fields(told["exception"])["message"]);
      if (exception !== "") logger.warn("signal-cli could not read a message", { error: exception });
      return eventsOf(fields(told["envelope"]), facts());
    } catch (error) {
      // It would be as unreadable the next time.
      logger.warn("a message could not be read and was dropped", { error: messageOf(error) });
      return [];
    }
  }

  return {
    /** The data of one event of the stream. */
    take(data: string): void {
      const events = read(data);
      turn = turn.then(async () => {
        for (const event of events) await store(event);
      });
    },
    idle: () => turn,
  };
}
