import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type {
  ChannelContext,
  ChannelTrouble,
  InboundEvent,
  InboundVerdict,
  RunningChannel,
} from "../../../src/channels/contract.ts";
import { telegramChannel } from "../../../src/channels/telegram/index.ts";
import { createSimClock, type SimClock } from "../../channels/sim-clock.ts";
import { recorder } from "../recorder.ts";
import { createPeople } from "./people.ts";
import { serveTelegram } from "./server.ts";
import { createWorld } from "./world.ts";

/** The adapter on one side, the double on the other, and a gateway that takes everything in between. */
export async function openBench(options: { config?: JsonObject } = {}) {
  const busy: { of: (() => boolean) | null } = { of: null };
  const time: SimClock = createSimClock({ busy: () => busy.of?.() ?? false });
  const world = createWorld(time);
  const server = await serveTelegram(world.platform);
  busy.of = () => server.busy();
  const store = new Map<string, JsonValue>();
  const silence = new AbortController();
  const events: InboundEvent[] = [];
  const troubles: ChannelTrouble[] = [];
  const lines: string[] = [];
  const proofs = { receive: 0, send: 0 };
  const logger = recorder(lines);
  let account: RunningChannel | null = null;
  const bench = {
    time,
    world,
    server,
    people: createPeople(world.platform),
    store,
    events,
    troubles,
    proofs,
    /** Everything that was logged, as text. */
    lines,
    silence,
    /** Takes the place of the gateway's answer. */
    verdict: null as ((event: InboundEvent) => Promise<InboundVerdict>) | null,
    async up(more: Partial<ChannelContext> = {}): Promise<RunningChannel> {
      const starting = telegramChannel.start({
        account: "default",
        config: { botToken: world.bot.token, apiRoot: server.url, ...options.config },
        dir: "/nonexistent",
        store: {
          get: (key) => store.get(key),
          set: (key, value) => {
            store.set(key, value);
            return Promise.resolve();
          },
        },
        clock: time,
        logger,
        signal: silence.signal,
        fence: 1,
        receive(event) {
          events.push(event);
          return bench.verdict?.(event) ?? Promise.resolve({ accepted: true, duplicate: false });
        },
        proved: (direction) => void (proofs[direction] += 1),
        trouble: (trouble) => void troubles.push(trouble),
        ...more,
      });
      account = await time.during("the account to start", starting);
      return account;
    },
    async [Symbol.asyncDispose]() {
      if (account) await time.during("the account to stop", account.stop());
      await server.stop();
      time.release();
    },
  };
  return bench;
}
