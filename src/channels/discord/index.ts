import { messageOf } from "../../core/errors.ts";
import type { Channel, ChannelContext, RunningChannel } from "../contract.ts";
import { createTyping, probe, wrongConfig } from "../shared/index.ts";
import { publishCommands } from "./commands.ts";
import { liveOnGateway } from "./gateway.ts";
import { nameOf } from "./inbound.ts";
import { createIntake } from "./intake.ts";
import { openJournal } from "./journal.ts";
import { createPlaces } from "./places.ts";
import { openPollBook } from "./polls.ts";
import { createReading } from "./reading.ts";
import { createDiscordRest } from "./rest.ts";
import { createSender } from "./sender.ts";
import { botIdOf, problemsOf, settingsOf } from "./settings.ts";
import { openState } from "./state.ts";
import { createTargets } from "./targets.ts";
import { createThreadIn } from "./threads.ts";
import type { WireMessage, WireUser } from "./types.ts";

/** Discord by its gateway and REST API (CHAN-003). Documented in docs/channels/discord.md. */
export const discordChannel: Channel = { id: "discord", label: "Discord", start };

/** Connecting goes on in the background: with Discord out of reach the account starts all the same, and says so. */
function start(context: ChannelContext): Promise<RunningChannel> {
  const wrong = wrongConfig({ channel: "discord", account: context.account }, problemsOf(context.config));
  if (wrong) return Promise.reject(wrong);
  return Promise.resolve(run(context));
}

function run(context: ChannelContext): RunningChannel {
  const { clock, logger, store } = context;
  const settings = settingsOf(context.config);
  const { token, apiRoot } = settings;
  const rest = createDiscordRest({ token, apiRoot, clock });
  const life = new AbortController();
  const signal = AbortSignal.any([life.signal, context.signal]);
  const botId = botIdOf(token);
  const state = openState({
    store,
    clock,
    botId,
    failed: (error) => {
      if (!signal.aborted)
        logger.warn("how far was read could not be written down", { error: messageOf(error) });
    },
  });
  const places = createPlaces(rest);
  const polls = openPollBook(store);
  const targets = createTargets(rest, state);
  const intake = createIntake({
    context,
    rest,
    state,
    places,
    polls,
    files: {
      download: (url, options) => rest.download(url, options),
      refetch: async (channel, message, by) =>
        (await rest.call(
          { method: "GET", path: `/channels/${channel}/messages/${message}` },
          { signal: by },
        )) as WireMessage,
      stickerRoot: settings.official
        ? "https://cdn.discordapp.com/stickers"
        : `${new URL(apiRoot).origin}/stickers`,
    },
    botId,
    catchUpMs: settings.catchUpMs,
    people: settings.people,
    signal,
  });
  const me = () => intake.who();
  const sender = createSender({
    rest,
    context,
    settings,
    state,
    targets,
    journal: openJournal(store),
    polls,
    me,
    said: intake.said,
  });
  const reading = createReading({ rest, state, places, targets, clock, me });
  const typing = createTyping({
    clock,
    // Discord shows it for ten seconds.
    repeatMs: 8000,
    show: async (channel) => {
      await rest.call({ method: "POST", path: `/channels/${channel}/typing` }, { signal });
    },
  });

  const living = liveOnGateway({
    rest,
    settings,
    state,
    context,
    signal,
    async onReady(ready, within) {
      logger.info("signed in", { bot: nameOf(ready.user) });
      await intake.ready(ready, within);
      // Nobody waits for the menu.
      void publishCommands({ rest, applicationId: ready.application.id, context, signal });
    },
    onEvent: (event, within) => intake.event(event, within),
  }).catch((error: unknown) => {
    logger.error("the account stopped by an error", { error: messageOf(error) });
    context.trouble({
      code: "INTERNAL",
      message: messageOf(error),
      hint: "openclaw gateway restart",
      fatal: true,
    });
  });

  return {
    send: (message, by) => sender.send(message, AbortSignal.any([context.signal, by])),
    query: (key, _to, by) => sender.query(key, AbortSignal.any([context.signal, by])),
    probe: (by) =>
      probe(clock, async () => {
        const user = (await rest.call({ method: "GET", path: "/users/@me" }, { signal: by })) as WireUser;
        return `@${user.username}`;
      }),
    async stop() {
      typing.stopAll();
      life.abort(new Error("stopped"));
      await living;
      if (!context.signal.aborted)
        await state
          .flush()
          .catch((error: unknown) =>
            logger.warn("how far was read could not be written down", { error: messageOf(error) }),
          );
    },
    async typing(to, on, threadId) {
      const channel = await targets.find(to, threadId, signal);
      if (channel !== null) await typing.set(channel, on);
    },
    history: (query, by) => reading.history(query, AbortSignal.any([signal, by])),
    search: (query, by) => reading.search(query, AbortSignal.any([signal, by])),
    directory: (query, by) => reading.directory(query, AbortSignal.any([signal, by])),
    createThread: (thread, by) => createThreadIn(rest, thread, AbortSignal.any([signal, by])),
  };
}
