import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Channel, ChannelContext, DirectoryEntry, HistoryMessage, RunningChannel } from "../contract.ts";
import { createBackoff, fields, listOf, probe, text, wrongConfig } from "../shared/index.ts";
import { createSlackApi } from "./api.ts";
import { createCatchUp } from "./catchup.ts";
import { SlackFailure, troubleOf } from "./failure.ts";
import { messageIdOf, parseMessageId, timeOf } from "./ids.ts";
import type { InboundFacts, Self } from "./inbound.ts";
import { createIntake } from "./intake.ts";
import { stayConnected } from "./live.ts";
import { createNames, userNameOf } from "./names.ts";
import { createSender, threadOf } from "./sender.ts";
import { problemsOf, settingsOf } from "./settings.ts";
import { createUploads } from "./uploads.ts";
import { isSigned, requestOf } from "./webhook.ts";
import { wordsOf } from "./words.ts";

const probeTimeoutMs = 10_000;
const httpCheckMs = 60_000;

/** Slack by Socket Mode or HTTP (CHAN-004). Documented in docs/channels/slack.md. */
export const slackChannel: Channel = { id: "slack", label: "Slack", start };

/** Connecting goes on in the background: with Slack out of reach the account starts all the same, and says so. */
function start(context: ChannelContext): Promise<RunningChannel> {
  const wrong = wrongConfig({ channel: "slack", account: context.account }, problemsOf(context.config));
  if (wrong) return Promise.reject(wrong);
  return Promise.resolve(run(context));
}

function run(context: ChannelContext): RunningChannel {
  const { clock, logger } = context;
  const settings = settingsOf(context.config);
  const { apiRoot } = settings;
  const api = createSlackApi({ token: settings.botToken, apiRoot, clock });
  const life = new AbortController();
  const signal = AbortSignal.any([life.signal, context.signal]);
  const names = createNames(api, clock, signal);
  const uploads = createUploads({ api, context });
  let self: Self | null = null;

  const factsOf = (me: Self): InboundFacts => ({
    account: context.account,
    self: me,
    slashCommand: settings.slashCommand,
    now: clock.now(),
    nameOf: (id) => (id === me.userId ? me.name : names.known(id)),
    files: {
      download: (url, options) => api.download(url, options),
      info: async (id, by) => fields((await api.call("files.info", { file: id }, { signal: by }))["file"]),
    },
    async whisper({ channel, user, text: words, threadTs }) {
      await api.call(
        "chat.postEphemeral",
        { channel, user, text: words, ...(threadTs === "" ? {} : { thread_ts: threadTs }) },
        { signal },
      );
    },
  });
  const catchUp = createCatchUp({
    api,
    context,
    signal,
    windowMs: settings.catchUpMs,
    take: (message) => intake.old(message),
  });
  const intake = createIntake({
    context,
    names,
    catchUp,
    facts: () => {
      if (!self) throw new Error("who we are is not known yet");
      return factsOf(self);
    },
  });
  const sender = createSender({
    api,
    context,
    settings,
    uploads,
    revoked: () => life.abort(new Error("the token was revoked")),
  });

  async function whoAmI(by: AbortSignal, timeoutMs?: number): Promise<Self> {
    const answer = await api.call(
      "auth.test",
      {},
      { signal: by, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    );
    return {
      userId: text(answer["user_id"]),
      botId: text(answer["bot_id"]),
      teamId: text(answer["team_id"]),
      name: text(answer["user"]),
    };
  }

  /** Null when asking is useless, which was said. */
  async function identify(): Promise<Self | null> {
    const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
    for (;;) {
      try {
        return await whoAmI(signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof SlackFailure)) return null;
        const waitMs = backoff.next(error.retryAfterMs);
        const trouble = troubleOf(error, { account: context.account, now: clock.now() });
        context.trouble({
          ...(trouble ?? { code: "PLATFORM_ERROR", message: error.message }),
          ...(trouble?.fatal ? {} : { retryAt: clock.now() + waitMs }),
        });
        if (trouble?.fatal) return null;
        await sleep(clock, waitMs, signal).catch(() => undefined);
      }
    }
  }

  async function live(): Promise<void> {
    const me = await identify();
    if (!me) return;
    self = me;
    logger.info("connected", { app: `@${me.name}` });
    if (settings.mode === "http") return keepChecking();
    await stayConnected({
      api: createSlackApi({ token: settings.appToken, apiRoot, clock }),
      apiRoot,
      context,
      signal,
      take: (envelope) => intake.take(envelope),
      connected: (gap) => {
        if (gap) catchUp.connected();
      },
    });
  }

  /** Slack tells nobody whether its requests arrive; that the token is good can be known. */
  async function keepChecking(): Promise<void> {
    catchUp.connected();
    while (!signal.aborted) {
      context.proved("receive");
      await sleep(clock, httpCheckMs, signal).catch(() => undefined);
      if (signal.aborted || !(await identify())) return;
    }
  }

  const living = live().catch((error: unknown) => {
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
    query: (key, to, by, threadId) =>
      sender.query(key, { to, threadId, signal: AbortSignal.any([context.signal, by]) }),
    probe: (by) =>
      probe(clock, async () => {
        const { name } = await whoAmI(by, probeTimeoutMs);
        return `@${name}`;
      }),
    async stop() {
      life.abort(new Error("stopped"));
      await living;
      await intake.idle();
      await catchUp.close();
    },
    async history({ to, threadId, before, limit }, by) {
      const channel = await sender.conversation(to, by);
      const threadTs = threadOf(threadId);
      const until = before === undefined ? null : parseMessageId(before, channel);
      const answer = await api.call(
        threadTs === "" ? "conversations.history" : "conversations.replies",
        {
          channel,
          ...(threadTs === "" ? {} : { ts: threadTs }),
          ...(until ? { latest: until.ts, inclusive: false } : {}),
          limit: Math.min(200, limit),
        },
        { signal: by },
      );
      const found = listOf(answer["messages"]);
      const inOrder = threadTs === "" ? found.reverse() : found;
      return inOrder.slice(-limit).map((message): HistoryMessage => {
        const senderId = text(message["user"]) || text(message["bot_id"]);
        const name = names.known(senderId);
        return {
          messageId: messageIdOf(channel, text(message["ts"])),
          senderId,
          ...(name === "" ? {} : { senderName: name }),
          text: wordsOf(text(message["text"]), { nameOf: (id) => names.known(id) }),
          sentAt: timeOf(text(message["ts"])),
        };
      });
    },
    async directory({ text: wanted = "", limit }, by) {
      const users = await api.call("users.list", { limit: 1000 }, { signal: by });
      const conversations = await api.call(
        "conversations.list",
        { types: "public_channel,private_channel,mpim", exclude_archived: true, limit: 1000 },
        { signal: by },
      );
      const people = listOf(users["members"])
        .filter((user) => user["deleted"] !== true && user["is_bot"] !== true)
        .map((user): DirectoryEntry => ({ kind: "user", id: text(user["id"]), name: userNameOf(user) }));
      const groups = listOf(conversations["channels"]).map((channel): DirectoryEntry => ({
        kind: "group",
        id: text(channel["id"]),
        name: text(channel["name"]),
      }));
      const sought = wanted.toLowerCase();
      return [...groups, ...people].filter(({ name }) => name.toLowerCase().includes(sought)).slice(0, limit);
    },
    async createThread({ to, name, messageId }, by) {
      const root = messageId === undefined ? null : parseMessageId(messageId, to);
      if (root) return { threadId: root.ts };
      const channel = await sender.conversation(to, by);
      const answer = await api.call("chat.postMessage", { channel, text: name }, { signal: by });
      return { threadId: text(answer["ts"]) };
    },
    async handleWebhook(request) {
      if (request.method !== "POST") return { status: 405, body: "" };
      if (!isSigned(request, { secret: settings.signingSecret, clock }))
        return { status: 401, body: JSON.stringify({ ok: false, error: "bad signature" }) };
      const asked = requestOf(request);
      if (!asked) return { status: 200, body: "" };
      if ("challenge" in asked) return { status: 200, body: JSON.stringify({ challenge: asked.challenge }) };
      context.proved("receive");
      try {
        await intake.take({ type: asked.type, payload: asked.payload });
        return { status: 200, body: "" };
      } catch (error) {
        // Slack sends it again.
        logger.warn("an event was not taken", { error: messageOf(error) });
        return { status: 503, body: JSON.stringify({ ok: false, error: "try again" }) };
      }
    },
  };
}
