import { sleep } from "../../core/clock.ts";
import { codeOf, messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import type { Channel, ChannelContext, DirectoryEntry, RunningChannel } from "../contract.ts";
import {
  accountPath,
  createBackoff,
  createTyping,
  fields,
  listOf,
  probe,
  text,
  wrongConfig,
} from "../shared/index.ts";
import { existingDaemon, type Daemon } from "./daemon.ts";
import { isLoggedOut, SignalFailure, troubleOf } from "./failure.ts";
import { parseMessageId, targetOf } from "./ids.ts";
import type { InboundFacts } from "./inbound.ts";
import { createIntake } from "./intake.ts";
import { linkedNumber, login, logout, openDaemon } from "./login.ts";
import type { SignalRpc } from "./rpc.ts";
import { createSender } from "./sender.ts";
import { problemsOf, settingsOf } from "./settings.ts";
import { readEvents } from "./stream.ts";

/** signal-cli says something every 15 s; a stream that is silent for longer is dead. */
const idleMs = 40_000;
const probeTimeoutMs = 10_000;

/** Signal by the daemon of signal-cli (CHAN-006). Documented in docs/channels/signal.md. */
export const signalChannel: Channel = { id: "signal", label: "Signal", start, login, logout };

/** Connecting goes on in the background: with the daemon out of reach the account starts all the same, and says so. */
async function start(context: ChannelContext): Promise<RunningChannel> {
  const wrong = wrongConfig({ channel: "signal", account: context.account }, problemsOf(context.config));
  if (wrong) throw wrong;
  const number = settingsOf(context.config).number || (await linkedNumber(context.dir));
  if (number === "")
    throw new UserError(
      "CHANNEL_CONFIG",
      `${accountPath("signal", context.account)}: nobody is logged in, and there is no number`,
      {
        hint: `openclaw channels login --channel signal${context.account === "default" ? "" : ` --account ${context.account}`}`,
      },
    );
  return run(context, number);
}

function run(context: ChannelContext, number: string): RunningChannel {
  const { clock, logger } = context;
  const { httpUrl } = settingsOf(context.config);
  const life = new AbortController();
  const signal = AbortSignal.any([life.signal, context.signal]);
  const self = { number, uuid: "" };
  let daemon: Daemon | null = httpUrl === null ? null : existingDaemon(httpUrl, clock);

  function rpc(): SignalRpc {
    if (!daemon) throw new SignalFailure("signal-cli is not running", { code: 0, ambiguous: false });
    return daemon.rpc;
  }

  const factsOf = (): InboundFacts => ({
    account: context.account,
    self,
    now: clock.now(),
    async download({ id, chat }, { maxBytes, signal: by }) {
      const where = chat.kind === "group" ? { groupId: chat.id } : { recipient: chat.id };
      const answer = await rpc().call(
        "getAttachment",
        { account: number, id, ...where },
        // Base64 is a third longer.
        { signal: by, timeoutMs: 5 * 60_000, maxBytes: Math.ceil(maxBytes / 3) * 4 + 1024 },
      );
      const content = Buffer.from(text(fields(answer)["data"]), "base64");
      if (content.length > maxBytes)
        throw new UserError(
          "MEDIA_TOO_LARGE",
          `the file has ${content.length} bytes; at most ${maxBytes} are taken`,
        );
      return content;
    },
  });
  const intake = createIntake({ context, signal, facts: factsOf });
  const send = createSender({
    rpc,
    number: () => number,
    context,
    loggedOut: () => life.abort(new Error("logged out")),
  });
  const typing = createTyping({
    clock,
    // Signal shows it for fifteen seconds.
    repeatMs: 10_000,
    show: async (to) => {
      await call("sendTyping", to, {});
    },
  });

  async function call(method: string, to: string, params: Record<string, unknown>): Promise<void> {
    const target = targetOf(to);
    if (target) await rpc().call(method, { account: number, ...target, ...params }, { signal });
  }

  /** Own UUID, by which others mention and quote us. What cannot be found out is learned from the next message. */
  async function learnSelf(): Promise<void> {
    try {
      const params = { account: number, recipient: [number], allRecipients: true };
      const known = listOf(await rpc().call("listContacts", params, { signal }));
      self.uuid = text(known.find((each) => text(each["number"]) === number)?.["uuid"]) || self.uuid;
    } catch (error) {
      if (!(error instanceof SignalFailure) || isLoggedOut(error)) throw error;
      logger.debug("own id is not known yet", { error: error.message });
    }
  }

  async function listen(): Promise<void> {
    daemon ??= await openDaemon({ ...context, signal });
    const mine = daemon;
    await learnSelf();
    const stream = await mine.rpc.events(number, { signal, idleMs });
    context.proved("receive");
    backoff.reset();
    await Promise.race([
      readEvents(stream, {
        bytes: () => context.proved("receive"),
        event: ({ data }) => intake.take(data),
      }),
      mine.ended.then((reason) => {
        daemon = null;
        throw new SignalFailure(reason, { code: 0, ambiguous: false });
      }),
    ]);
    throw new SignalFailure("the daemon ended the stream of messages", { code: 0, ambiguous: false });
  }

  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  async function live(): Promise<void> {
    while (!signal.aborted) {
      try {
        await listen();
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = backoff.next(error instanceof SignalFailure ? error.retryAfterMs : undefined);
        const trouble =
          error instanceof SignalFailure
            ? troubleOf(error, { account: context.account, now: clock.now() })
            : {
                code:
                  error instanceof OpenClawError && !error.retryable
                    ? (codeOf(error) ?? "NETWORK")
                    : "NETWORK",
                message: messageOf(error),
                ...(error instanceof OpenClawError && error.hint !== undefined ? { hint: error.hint } : {}),
              };
        context.trouble({
          ...(trouble ?? { code: "PLATFORM_ERROR", message: messageOf(error) }),
          ...(trouble?.fatal ? {} : { retryAt: clock.now() + waitMs }),
        });
        if (trouble?.fatal) return;
        await sleep(clock, waitMs, signal).catch(() => undefined);
      }
    }
  }

  const living = live();

  return {
    send: (message, by) => send(message, AbortSignal.any([context.signal, by])),
    probe: (by) =>
      probe(clock, async () => {
        await rpc().call(
          "listContacts",
          { account: number, recipient: [number] },
          { signal: by, timeoutMs: probeTimeoutMs },
        );
        return number;
      }),
    async stop() {
      typing.stopAll();
      life.abort(new Error("stopped"));
      await living;
      await intake.idle();
      await daemon?.stop();
    },
    async typing(to, on) {
      await typing.set(to, on);
      if (!on) await call("sendTyping", to, { stop: true });
    },
    async markRead(_to, messageId) {
      const message = parseMessageId(messageId);
      if (message)
        await call("sendReceipt", message.author, { targetTimestamp: [message.timestamp], type: "read" });
    },
    async directory({ text: wanted = "", limit }, by) {
      const params = { account: number };
      const contacts = listOf(await rpc().call("listContacts", params, { signal: by }));
      const groups = listOf(await rpc().call("listGroups", params, { signal: by }));
      const people = contacts
        .filter((each) => text(each["number"]) !== number)
        .map((each): DirectoryEntry => {
          const profile = fields(each["profile"]);
          const given = [text(profile["givenName"]), text(profile["familyName"])].filter(Boolean).join(" ");
          const id = text(each["uuid"]) || text(each["number"]);
          return { kind: "user", id, name: text(each["name"]) || given || text(each["number"]) || id };
        });
      const rooms = groups.map((each): DirectoryEntry => ({
        kind: "group",
        id: text(each["id"]),
        name: text(each["name"]),
      }));
      const sought = wanted.toLowerCase();
      return [...rooms, ...people].filter(({ name }) => name.toLowerCase().includes(sought)).slice(0, limit);
    },
  };
}
