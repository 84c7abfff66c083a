import type { UserFromGetMe } from "grammy/types";
import { messageOf, UserError } from "../../core/errors.ts";
import type { Channel, ChannelContext, RunningChannel } from "../contract.ts";
import { createTyping, probe, wrongConfig } from "../shared/index.ts";
import { createTelegramApi, type TelegramApi } from "./api.ts";
import { clearWebhook, identify, publishCommands, whoAmI } from "./identity.ts";
import { generalTopic } from "./payload.ts";
import { createSender } from "./sender.ts";
import type { InboundFacts } from "./inbound.ts";
import { handIn, type Unit } from "./intake.ts";
import { openMigrations } from "./migrations.ts";
import { openPollBook } from "./polls.ts";
import { poll } from "./polling.ts";
import { problemsOf, settingsOf } from "./settings.ts";
import { createWebhookDesk, keepWebhook } from "./webhook.ts";

const callTimeoutMs = 15_000;
const topicNameLimit = 128;

/** Telegram by the Bot API, polled or by webhook (CHAN-002). Documented in docs/channels/telegram.md. */
export const telegramChannel: Channel = { id: "telegram", label: "Telegram", start };

/**
 * Resolves once Telegram has answered, or the first trouble was told: with Telegram out of reach the account starts all
 * the same, and goes on trying.
 */
function start(context: ChannelContext): Promise<RunningChannel> {
  const wrong = wrongConfig({ channel: "telegram", account: context.account }, problemsOf(context.config));
  if (wrong) return Promise.reject(wrong);
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = run({
    context: {
      ...context,
      trouble(trouble) {
        context.trouble(trouble);
        resolve();
      },
    },
    known: resolve,
  });
  return promise.then(() => running);
}

/** `known` is called when it is clear whether the account works. */
function run({ context, known }: { context: ChannelContext; known: () => void }): RunningChannel {
  const { clock, logger, store } = context;
  const settings = settingsOf(context.config, context.account);
  const api = createTelegramApi({ token: settings.token, apiRoot: settings.apiRoot, clock });
  const life = new AbortController();
  const signal = AbortSignal.any([life.signal, context.signal]);
  const migrations = openMigrations(store);
  const polls = openPollBook(store);
  const forums = new Set<string>();
  let me: UserFromGetMe | null = null;

  const typing = createTyping({
    clock,
    // Telegram shows it for five seconds.
    repeatMs: 4500,
    show: async (to, threadId) => {
      const chat = migrations.current(to);
      // Where there are topics, writing in none of them is shown nowhere.
      const topic = threadId ?? (forums.has(chat) ? generalTopic : undefined);
      await call((raw, callSignal) =>
        raw.sendChatAction(
          {
            chat_id: chat,
            action: "typing",
            ...(topic === undefined ? {} : { message_thread_id: Number(topic) }),
          },
          callSignal,
        ),
      );
    },
  });

  function call<T>(ask: Parameters<TelegramApi["call"]>[0], by?: AbortSignal): Promise<T> {
    const all = by === undefined ? signal : AbortSignal.any([signal, by]);
    return api.call(ask, { signal: all, timeoutMs: callTimeoutMs }) as Promise<T>;
  }

  function factsOf(self: UserFromGetMe): InboundFacts {
    return {
      account: context.account,
      me: self,
      now: clock.now(),
      poll: (id) => polls.find(id),
      canonicalChat: (id) => migrations.canonical(id),
      files: {
        async locate(fileId, by) {
          const file = await api.call((raw, callSignal) => raw.getFile({ file_id: fileId }, callSignal), {
            signal: by,
            timeoutMs: callTimeoutMs,
          });
          if (file.file_path === undefined)
            throw new UserError("MEDIA_GONE", "Telegram no longer has the file");
          return {
            path: file.file_path,
            ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
          };
        },
        download: (path, options) => api.download(path, options),
      },
      async answerPress(queryId, text) {
        await call((raw, callSignal) =>
          raw.answerCallbackQuery(
            { callback_query_id: queryId, ...(text === "" ? {} : { text: text.slice(0, 200) }) },
            callSignal,
          ),
        );
      },
    };
  }

  async function take(unit: Unit, self: UserFromGetMe): Promise<void> {
    const chat = unit[0]?.message?.chat;
    if (chat?.is_forum === true && forums.size < 1000) forums.add(String(chat.id));
    await handIn(unit, {
      facts: factsOf(self),
      migrations,
      receive: (event) => context.receive(event),
      clock,
      logger,
    });
  }

  const desk = createWebhookDesk({
    secret: settings.webhookSecret,
    clock,
    proved: () => context.proved("receive"),
    take: async (unit) => {
      if (!me) throw new Error("who we are is not known yet");
      await take(unit, me);
    },
  });

  async function live(): Promise<void> {
    const self = await identify({ api, context, signal });
    me = self;
    if (!self) return;
    context.proved("receive");
    known();
    logger.info("connected", { bot: `@${self.username}` });
    await publishCommands({ api, context, signal });
    if (settings.webhookUrl !== null)
      return keepWebhook({ api, url: settings.webhookUrl, settings, context, signal });
    await clearWebhook({ api, context, signal });
    await poll({ api, context, signal, take: (unit) => take(unit, self) });
  }

  const living = live()
    .catch((error: unknown) => {
      logger.error("the account stopped by an error", { error: messageOf(error) });
      context.trouble({
        code: "INTERNAL",
        message: messageOf(error),
        hint: "openclaw gateway restart",
        fatal: true,
      });
    })
    .finally(known);
  const send = createSender({ api, context, settings, migrations, polls });

  return {
    send: (message, by) => send(message, AbortSignal.any([context.signal, by])),
    probe: (by) =>
      probe(clock, async () => {
        const { username } = await whoAmI(api, by);
        return `@${username}`;
      }),
    async stop() {
      typing.stopAll();
      life.abort(new Error("stopped"));
      await living;
      await desk.idle();
    },
    typing: (to, on, threadId) => typing.set(to, on, threadId),
    async createThread({ to, name }, by) {
      const topic = await call<{ message_thread_id: number }>(
        (raw, callSignal) =>
          raw.createForumTopic(
            { chat_id: migrations.current(to), name: name.slice(0, topicNameLimit) },
            callSignal,
          ),
        by,
      );
      return { threadId: String(topic.message_thread_id) };
    },
    async handleWebhook(request) {
      if (settings.webhookUrl === null)
        return { status: 401, body: JSON.stringify({ ok: false, error: "bad signature" }) };
      try {
        return await desk.handle(request);
      } catch (error) {
        // Telegram sends it again.
        logger.warn("an update was not taken", { error: messageOf(error) });
        return { status: 503, body: JSON.stringify({ ok: false, error: "try again" }) };
      }
    },
  };
}
