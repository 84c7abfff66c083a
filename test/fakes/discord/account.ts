import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type {
  ChannelContext,
  ChannelTrouble,
  InboundEvent,
  InboundVerdict,
  OutboundMessage,
  RunningChannel,
  SendResult,
} from "../../../src/channels/contract.ts";
import { discordChannel } from "../../../src/channels/discord/index.ts";
import { createSimClock, type SimClock } from "../../channels/sim-clock.ts";
import { recorder } from "../recorder.ts";
import { createPeople } from "./people.ts";
import { seenOf } from "./seen.ts";
import { serveDiscord } from "./server.ts";
import { createWorld } from "./world.ts";

/** The adapter on one side, the double on the other, and a gateway that takes everything in between. */
export async function openBench(options: { config?: JsonObject } = {}) {
  const busy: { of: (() => boolean) | null } = { of: null };
  const time: SimClock = createSimClock({ quietTurns: 40, busy: () => busy.of?.() ?? false });
  const world = createWorld(time);
  const server = await serveDiscord(world.platform);
  busy.of = () => server.busy();
  const people = createPeople(world.platform);
  const store = new Map<string, JsonValue>();
  const events: InboundEvent[] = [];
  const troubles: ChannelTrouble[] = [];
  const lines: string[] = [];
  const proofs = { receive: 0, send: 0 };
  const logger = recorder(lines);
  let silence = new AbortController();
  let account: RunningChannel | null = null;
  let keys = 0;
  const bench = {
    time,
    world,
    server,
    people,
    store,
    events,
    troubles,
    proofs,
    /** Everything that was logged, as text. */
    lines,
    /** Takes the place of the gateway's answer. */
    verdict: null as ((event: InboundEvent) => Promise<InboundVerdict>) | null,
    /** Starts it, and waits until it receives unless told not to. */
    async up(more: Partial<ChannelContext> & { wait?: boolean } = {}): Promise<RunningChannel> {
      const { wait = true, ...context } = more;
      silence = new AbortController();
      const { signal } = silence;
      const before = proofs.receive;
      const started = await discordChannel.start({
        account: "default",
        config: { token: world.bot.token, apiRoot: server.url, ...options.config },
        dir: "/nonexistent",
        store: {
          get: (key) => structuredClone(store.get(key)),
          set: (key, value) => {
            if (!signal.aborted) store.set(key, structuredClone(value));
            return Promise.resolve();
          },
        },
        clock: time,
        logger,
        signal,
        fence: 1,
        receive(event) {
          events.push(event);
          return bench.verdict?.(event) ?? Promise.resolve({ accepted: true, duplicate: false });
        },
        proved: (direction) => void (proofs[direction] += 1),
        trouble: (trouble) => void troubles.push(trouble),
        ...context,
      });
      account = started;
      if (wait) await time.until("the account to receive", () => proofs.receive > before);
      return started;
    },
    /** Stops it as the gateway does. */
    async down(): Promise<void> {
      silence.abort(new Error("stopped"));
      if (account) await time.during("the account to stop", account.stop());
      account = null;
    },
    say: (text: string, place: "direct" | "group" | "thread" = "direct") =>
      people.say({ by: "alice", place, text }, world.where(place, "alice")),
    async event(pick: (event: InboundEvent) => boolean): Promise<InboundEvent> {
      await time.until("the event", () => events.some(pick));
      const found = events.find(pick);
      if (!found) throw new Error("no such event");
      return found;
    },
    send(message: Partial<OutboundMessage>): Promise<SendResult> {
      if (!account) throw new Error("the account is not running");
      const whole: OutboundMessage = {
        kind: "message",
        key: `k:${keys++}`,
        to: world.world.direct,
        text: "",
        ...message,
      };
      return time.during("the send", account.send(whole, AbortSignal.any([])), 3_600_000);
    },
    shown: () => seenOf(world.platform).filter((each) => !each.deleted),
    async [Symbol.asyncDispose]() {
      await bench.down();
      await server.stop();
      time.release();
    },
  };
  return bench;
}
