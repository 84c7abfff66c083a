import { discordManifest } from "../../../src/channels/discord/manifest.ts";
import type { ChannelDouble, DoubleOptions, RunningDouble } from "../../channels/driver.ts";
import { createPeople } from "./people.ts";
import { seenOf } from "./seen.ts";
import { serveDiscord } from "./server.ts";
import { createWorld } from "./world.ts";

/** Discord for the conformance suite: REST API, CDN and gateway on a real port. */
export const discordDouble: ChannelDouble = {
  manifest: discordManifest,
  start,
  quietTurns: 40,
  gaps: {
    conflict: "Discord lets several programs use one token and tells none of them",
  },
};

async function start(options: DoubleOptions): Promise<RunningDouble> {
  const world = createWorld(options.clock);
  const { platform, people: users, bot } = world;
  const server = await serveDiscord(platform);
  const people = createPeople(platform);
  const others = new Map<string, string>();

  /** The token of an account; each name is a bot of its own. */
  function tokenOf(name: string): string {
    if (name === "default") return bot.token;
    const known = others.get(name);
    if (known !== undefined) return known;
    const { token } = platform.addBot({ id: `70000000000000010${others.size}`, username: name });
    others.set(name, token);
    return token;
  }

  return {
    world: world.world,
    // Who is listed is known before they first write; of others Discord tells nobody who was away.
    account: (name) => ({
      token: tokenOf(name),
      apiRoot: server.url,
      allowFrom: [users.alice.id, users.bob.id],
    }),
    say: (said) => Promise.resolve(people.say(said, world.where(said.place, said.by))),
    edit: async (messageId, text) => people.edit(world.message(messageId), text),
    remove: async (messageId) => people.remove(world.message(messageId)),
    react: async ({ by, messageId, emoji, removed }) =>
      people.react(world.message(messageId), users[by], emoji, removed === true),
    async press({ by, messageId, value }) {
      const pending = people.press(world.message(messageId), users[by], value);
      // Bounded: with the account away nobody takes it for now.
      for (let turns = 0; !pending.answered && turns < 500; turns++)
        await new Promise<void>((resolve) => setImmediate(resolve));
      return pending.shown;
    },
    vote: async ({ by, messageId, options: chosen }) =>
      people.vote(world.message(messageId), users[by], chosen),
    seen: () => seenOf(platform),
    reactions: () =>
      platform.messages.flatMap(({ wire, reactions }) =>
        [...reactions].flatMap(([emoji, who]) =>
          who.has(bot.user.id) ? [{ messageId: wire.id, emoji }] : [],
        ),
      ),
    typing: (chatId) => (platform.typing.get(`${chatId} ${bot.user.id}`) ?? 0) > options.clock.now(),
    busy: () => server.busy(),
    faults: {
      rateLimit: (times, retryAfterMs) =>
        void Object.assign(server.faults, { rateLimited: times, retryAfterMs }),
      failSends: (times) => void (server.faults.failing = times),
      down(on) {
        server.faults.down = on;
        // A fault inside Discord takes the gateway with it.
        if (on) server.gateway.closeAll(4000, "Unknown error");
      },
      revoke(on) {
        server.faults.revoked = on;
        if (on) server.gateway.closeAll(4004, "Authentication failed.");
      },
      cut: (on) => void server.cut(on),
      slow: (ms) => void (server.faults.slowMs = ms),
      halfOpen: () => server.halfOpen(),
      loseAnswer: (times) => void (server.faults.losingAnswers = times),
      loseRequest: (times) => void (server.faults.losingRequests = times),
      duplicate: (times) => platform.repeatNext(times),
      skew: (ms) => platform.setSkew(ms),
    },
    stop: () => server.stop(),
  };
}
