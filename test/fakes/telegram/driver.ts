import { sleep } from "../../../src/core/clock.ts";
import { telegramManifest } from "../../../src/channels/telegram/manifest.ts";
import type { ChannelDouble, DoubleOptions, RunningDouble } from "../../channels/driver.ts";
import { createPeople } from "./people.ts";
import { seenOf } from "./seen.ts";
import { serveTelegram } from "./server.ts";
import { runWebhooks } from "./webhooks.ts";
import { botSecret, createWorld } from "./world.ts";

const gaps: ChannelDouble["gaps"] = {
  "delete-in": "Telegram tells no bot that a message was deleted",
};

/** Telegram for the conformance suite: the Bot API on a real port, updates by long polling. */
export const telegramDouble: ChannelDouble = {
  manifest: telegramManifest,
  start: (options) => start(options, false),
  gaps,
};

/** The same with updates posted to the gateway. */
export const telegramWebhookDouble: ChannelDouble = {
  manifest: { ...telegramManifest, label: "Telegram by webhook" },
  start: (options) => start(options, true),
  gaps: {
    ...gaps,
    "half-open": "by webhook no connection is kept open",
    day: "what happens after an update came in is the same as when polled, and its day is lived there",
  },
};

const webhookRoot = "https://home.example";

async function start(options: DoubleOptions, byWebhook: boolean): Promise<RunningDouble> {
  const world = createWorld(options.clock);
  const { platform, people: users } = world;
  const server = await serveTelegram(platform);
  const people = createPeople(platform);
  const others = new Map<string, string>();
  let away = false;
  const webhooks = runWebhooks(platform, async (url, request) => {
    if (away) throw new Error("no way there");
    if (server.faults.slowMs > 0) await sleep(options.clock, server.faults.slowMs);
    return options.deliver(new URL(url).pathname.split("/").at(-1) ?? "", request);
  });

  const idOf = (wire: { chat: { id: number }; message_id: number }) => `${wire.chat.id}:${wire.message_id}`;
  /** The token of an account; each name is a bot of its own. */
  function tokenOf(name: string): string {
    if (name === "default") return world.bot.token;
    const known = others.get(name);
    if (known !== undefined) return known;
    const id = world.bot.user.id + 1 + others.size;
    const { token } = platform.addBot({ id, username: `${name}_bot`, name, secret: botSecret });
    others.set(name, token);
    return token;
  }

  return {
    world: world.world,
    account: (name) => ({
      botToken: tokenOf(name),
      apiRoot: server.url,
      ...(byWebhook ? { webhookUrl: webhookRoot } : {}),
    }),
    say: (said) => {
      const [first] = people.say(said, world.where(said.place, said.by));
      if (!first) throw new Error("nothing was said");
      return Promise.resolve(idOf(first));
    },
    edit: async (messageId, text) => people.edit(world.message(messageId), text),
    react: async ({ by, messageId, emoji, removed }) =>
      people.react(world.message(messageId), users[by], removed === true ? [] : [emoji]),
    async press({ by, messageId, value }) {
      const press = people.press(world.message(messageId), users[by], value);
      // Bounded: with the account away nobody takes it for now.
      for (let turns = 0; press.waiting() && turns < 5000; turns++)
        await new Promise<void>((resolve) => setImmediate(resolve));
      return press.shown();
    },
    vote: async ({ by, messageId, options: chosen }) =>
      people.vote(world.message(messageId), users[by], chosen),
    seen: () => seenOf(platform),
    reactions: () =>
      platform.messages.flatMap(({ wire, reactions }) =>
        (reactions.get(world.bot.user.id) ?? []).map((emoji) => ({ messageId: idOf(wire), emoji })),
      ),
    typing: (chatId) => (platform.typing.get(Number(chatId)) ?? 0) > options.clock.now(),
    busy: () => server.busy(),
    faults: {
      rateLimit: (times, retryAfterMs) =>
        void Object.assign(server.faults, { rateLimited: times, retryAfterMs }),
      failSends: (times) => void (server.faults.failing = times),
      down(on) {
        server.faults.down = on;
        server.wakeAll();
      },
      revoke(on) {
        server.faults.revoked = on;
        server.wakeAll();
      },
      cut(on) {
        away = on;
        void server.cut(on);
      },
      slow: (ms) => void (server.faults.slowMs = ms),
      halfOpen: () => server.halfOpen(),
      loseAnswer: (times) => void (server.faults.losingAnswers = times),
      loseRequest: (times) => void (server.faults.losingRequests = times),
      duplicate: (times) => platform.repeatNext(times),
      skew: (ms) => platform.setSkew(ms),
      conflict(on) {
        server.faults.conflict = on;
        // By webhook the other one has set its own, and takes it away when it goes.
        const { bot } = world;
        if (byWebhook) bot.webhook = on ? { url: "https://other.example/", secret: "" } : null;
        server.wakeAll();
      },
      async forge() {
        const body = Buffer.from(JSON.stringify({ update_id: 1, message: {} }));
        const { status } = await options.deliver("default", {
          method: "POST",
          path: "/channels/telegram/default",
          headers: { "x-telegram-bot-api-secret-token": "a-guess" },
          body,
        });
        return status;
      },
    },
    async stop() {
      webhooks.stop();
      await server.stop();
    },
  };
}
