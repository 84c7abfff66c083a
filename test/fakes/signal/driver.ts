import { signalManifest } from "../../../src/channels/signal/manifest.ts";
import type { ChannelDouble, DoubleOptions, RunningDouble } from "../../channels/driver.ts";
import { serveSignal } from "./server.ts";
import { createWorld } from "./world.ts";

const once = "signal-cli tells each message once and takes no acknowledgement";

/** Signal for the conformance suite: the daemon of signal-cli on a real port. */
export const signalDouble: ChannelDouble = {
  manifest: signalManifest,
  start,
  quietTurns: 20,
  gaps: {
    bots: "Signal does not say that somebody is a program",
    "crash-before-commit": once,
    "half-open": `${once}: what it wrote into a dead connection is gone; that the connection is dead is noticed`,
    conflict: "every listener of a daemon is told everything; the lease keeps a second gateway away",
  },
};

async function start(options: DoubleOptions): Promise<RunningDouble> {
  const world = createWorld(options.clock);
  const { platform } = world;
  const server = await serveSignal(platform);
  return {
    world: world.world,
    account: (name) => ({
      number: name === "default" ? platform.us.number : "+4915199999999",
      httpUrl: server.url,
    }),
    say: (said) => Promise.resolve(world.say(said)),
    edit: async (messageId, text) => world.edit(messageId, text),
    remove: async (messageId) => world.remove(messageId),
    react: async ({ by, messageId, emoji, removed }) =>
      world.react(by, { messageId, emoji, removed: removed === true }),
    seen: () => world.seen(),
    reactions: () => world.reactions(),
    typing: (chat) => world.typing(chat),
    read: () => world.read(),
    busy: () => server.busy(),
    faults: {
      rateLimit: (times, retryAfterMs) =>
        void Object.assign(server.faults, { rateLimited: times, retryAfterMs }),
      failSends: (times) => void (server.faults.failing = times),
      down: (on) => server.down(on),
      revoke: (on) => server.revoke(on),
      cut: (on) => void server.cut(on),
      slow: (ms) => void (server.faults.slowMs = ms),
      loseAnswer: (times) => void (server.faults.losingAnswers = times),
      loseRequest: (times) => void (server.faults.losingRequests = times),
      duplicate: (times) => platform.repeatNext(times),
      skew: (ms) => platform.setSkew(ms),
    },
    stop: () => server.stop(),
  };
}
