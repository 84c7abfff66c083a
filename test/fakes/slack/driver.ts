import { slackManifest } from "../../../src/channels/slack/manifest.ts";
import type { ChannelDouble, DoubleOptions, RunningDouble } from "../../channels/driver.ts";
import { botTokens, serveSlack } from "./server.ts";
import { createWorld } from "./world.ts";

/** Slack for the conformance suite: the Web API and Socket Mode on a real port. */
export const slackDouble: ChannelDouble = { manifest: slackManifest, start, quietTurns: 20 };

async function start(options: DoubleOptions): Promise<RunningDouble> {
  const world = createWorld(options.clock);
  const { platform, people } = world;
  const server = await serveSlack(platform, people.us);
  return {
    world: world.world,
    account: (name) => {
      const { bot, app } = botTokens(name);
      return { botToken: bot, appToken: app, apiRoot: server.apiRoot };
    },
    say: (said) => Promise.resolve(world.say(said)),
    edit: async (messageId, text) => world.edit(messageId, text),
    remove: async (messageId) => world.remove(messageId),
    react: async ({ by, messageId, emoji, removed }) =>
      world.react(by, { messageId, emoji, removed: removed === true }),
    press: async ({ by, messageId, value }) => {
      world.press(by, messageId, value);
      return Promise.resolve(undefined);
    },
    seen: () => world.seen(),
    reactions: () => world.reactions(),
    busy: () => server.busy(),
    faults: {
      rateLimit: (times, retryAfterMs) =>
        void Object.assign(server.faults, { rateLimited: times, retryAfterMs }),
      failSends: (times) => void (server.faults.failing = times),
      down: (on) => void (server.faults.down = on),
      revoke: (on) => server.revoke(on),
      cut: (on) => void server.cut(on),
      slow: (ms) => server.slow(ms),
      halfOpen: () => server.halfOpen(),
      loseAnswer: (times) => void (server.faults.losingAnswers = times),
      loseRequest: (times) => void (server.faults.losingRequests = times),
      duplicate: (times) => server.sockets.repeat(times),
      skew: (ms) => platform.setSkew(ms),
      conflict: (on) => server.sockets.others(on ? 1 : 0),
      async forge() {
        const body = Buffer.from(JSON.stringify({ type: "event_callback", event: {} }));
        const headers = {
          "content-type": "application/json",
          "x-slack-request-timestamp": String(Math.floor(options.clock.now() / 1000)),
          "x-slack-signature": `v0=${"0".repeat(64)}`,
        };
        const request = { method: "POST", path: "/channels/slack/default", headers, body };
        return (await options.deliver("default", request)).status;
      },
    },
    stop: () => server.stop(),
  };
}
