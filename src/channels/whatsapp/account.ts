import { messageOf, UserError } from "../../core/errors.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import type { ChannelContext, InboundEvent, Outbound, RunningChannel, SendResult } from "../contract.ts";
import { isComplete, openLogin } from "./auth-state.ts";
import { keepConnected } from "./connection.ts";
import { bareJid, isGroup, isHidden, publicId, splitMessageId, stanzaIdOf, targetJid } from "./ids.ts";
import { readMessage, type Received, type Surroundings } from "./inbound.ts";
import { createIntake, receivedFromPhone } from "./intake.ts";
import type { WAMessage } from "./library.ts";
import { downloadFile, sealFile, uploadFile, type MediaHosts } from "./media.ts";
import { createMemory, pollsIn } from "./memory.ts";
import { hiddenJidsIn } from "./mentions.ts";
import { writeStanzas, type Writer } from "./outbound.ts";
import { createSender } from "./sender.ts";
import { readSettings } from "./settings.ts";
import type { OpenSocket } from "./socket.ts";
import { openVote } from "./votes.ts";

const channelId = "whatsapp";

interface NumbersOfHidden {
  getPNForLID(jid: string): Promise<string | null>;
}

/** Starts one logged-in account. @throws UserError CHANNEL_CONFIG, NOT_LOGGED_IN, WHATSAPP_LOGIN_DAMAGED */
export async function startAccount(context: ChannelContext): Promise<RunningChannel> {
  const { account, clock, logger, signal } = context;
  const { settings, problems } = readSettings(context.config);
  const [problem] = problems;
  if (problem)
    throw new UserError(
      "CHANNEL_CONFIG",
      `channels.whatsapp.accounts.${account}.${problem.key}: ${problem.message}`,
      {
        hint: `openclaw config unset channels.whatsapp.accounts.${account}.${problem.key}`,
      },
    );
  const login = await openLogin(context.dir, logger);
  if (!isComplete(login.creds))
    throw new UserError(
      "NOT_LOGGED_IN",
      `Failed to connect to WhatsApp: the account "${account}" is not logged in`,
      {
        hint: `openclaw channels login --channel whatsapp --account ${account}`,
      },
    );

  const memory = createMemory();
  const polls = pollsIn(context.store);
  const sender = createSender(clock);
  const inFlight = new Set<Promise<unknown>>();
  let stopping = false;
  const hosts: MediaHosts = {
    fetch: createGuardedFetch({
      clock,
      allowOrigins: () => (settings.mediaOrigin ? [settings.mediaOrigin] : []),
    }),
    origin: settings.mediaOrigin,
  };

  const ownJids = (): string[] =>
    [login.creds.me?.id, login.creds.me?.lid].map((jid) => bareJid(jid)).filter((jid) => jid !== null);

  const around: Surroundings = {
    channel: channelId,
    account,
    get ownJids() {
      return ownJids();
    },
    knownNumber: (jid) => memory.numbers.get(bareJid(jid) ?? jid) ?? null,
    titleOf: (jid) => memory.groups.get(jid)?.subject ?? null,
    votesOf(pollId, update, received) {
      const poll = polls.get(pollId);
      if (!poll) return null;
      const author = bareJid(received.authorJid) ?? received.authorJid;
      return openVote(pollId, poll, update, {
        received,
        ownJids: ownJids(),
        others: [memory.numbers.get(author) ?? null],
      });
    },
    lastReaction(targetId, author, emoji) {
      const key = `${targetId} ${author}`;
      const before = memory.reactions.get(key) ?? null;
      if (emoji === "") memory.reactions.delete(key);
      else memory.reactions.set(key, emoji);
      return before;
    },
    open: (file, kind, options) => downloadFile(file, kind, hosts, options),
  };

  async function track<T>(task: () => Promise<T>): Promise<T> {
    const running = task();
    inFlight.add(running);
    try {
      return await running;
    } finally {
      inFlight.delete(running);
    }
  }

  async function take(received: Received, lidMapping: NumbersOfHidden): Promise<void> {
    if (stopping) throw new Error("stopped");
    for (const jid of hiddenJidsIn(received)) {
      if (memory.numbers.get(jid)) continue;
      const number = bareJid(await lidMapping.getPNForLID(jid));
      if (number) memory.numbers.set(jid, number);
    }
    const event = readMessage(received, around);
    if (!event) return;
    remember(received, event);
    await context.receive(event);
    context.proved("receive");
  }

  /** What could not be read at first, and the phone was asked for: the library has acknowledged it already. */
  function takeResent(socket: OpenSocket, messages: readonly WAMessage[]): void {
    for (const message of messages) {
      const received = receivedFromPhone(message);
      if (!received) continue;
      track(() => take(received, socket.library.signalRepository.lidMapping)).catch((error: unknown) =>
        logger.warn("a message the phone sent again could not be stored", { error: messageOf(error) }),
      );
    }
  }

  const intake = createIntake({
    own: () => ({ id: login.creds.me?.id ?? "", lid: login.creds.me?.lid ?? "" }),
    take: (received, { lidMapping }) => track(() => take(received, lidMapping)),
    onFailure: (error) => connection.drop(`a message could not be stored: ${messageOf(error)}`),
  });

  function remember(received: Received, event: InboundEvent): void {
    const author = bareJid(received.authorJid);
    const alt = bareJid(received.authorAlt);
    if (author && alt && isHidden(author) && !isHidden(alt)) memory.numbers.set(author, alt);
    if (author) memory.jids.set(event.sender.id, author);
    if (event.sender.name) memory.names.set(event.sender.id, event.sender.name);
    if (event.kind === "message" && event.text) memory.texts.set(event.messageId, event.text.slice(0, 500));
    if (event.chat.kind === "group" && !memory.groups.has(received.chatJid)) learnGroup(received.chatJid);
  }

  /** In the background: the first message of a group does not wait for its name. */
  function learnGroup(jid: string): void {
    const socket = connection.open();
    socket?.library.groupMetadata(jid).then(
      (group) => memory.groups.set(jid, group),
      (error: unknown) => logger.debug("a WhatsApp group is not known", { error: messageOf(error) }),
    );
  }

  const connection = keepConnected({
    context,
    login,
    intake,
    settings: {
      webSocketUrl: settings.webSocketUrl,
      groups: memory.groups,
      sentMessage: (key) => Promise.resolve(memory.sent.get(key.id ?? "")),
    },
    onStanza: (node) => {
      sender.notice(node);
      // Members and names change by notifications: what is cached would be wrong.
      if (node.tag === "notification" && isGroup(node.attrs["from"]))
        memory.groups.delete(node.attrs["from"] ?? "");
    },
    onSocket: (socket) =>
      socket.library.ev.on("messages.upsert", ({ messages, requestId }) => {
        if (requestId !== undefined) takeResent(socket, messages);
      }),
    onClosed: () => sender.closed(),
  });

  function writerFor(socket: OpenSocket, stop: AbortSignal): Writer {
    return {
      ownJid: ownJids()[0] ?? "",
      now: () => clock.now(),
      loginKey: login.creds.noiseKey.private,
      jidOf: (person) => memory.jids.get(person) ?? targetJid(person),
      textOf: (messageId) => memory.texts.get(messageId) ?? "",
      async upload(media, kind) {
        const sealed = sealFile(await media.read(), kind);
        const conn = await socket.library.refreshMediaConn(false);
        const stored = await uploadFile(sealed, kind, hosts, { conn, signal: stop });
        return { ...sealed.message, ...stored, mediaKeyTimestamp: Math.floor(clock.now() / 1000) };
      },
    };
  }

  async function send(outbound: Outbound, stop: AbortSignal): Promise<SendResult> {
    const socket = connection.open();
    if (!socket)
      return { kind: "retry", error: connection.trouble()?.message ?? "not connected to WhatsApp yet" };
    let stanzas;
    try {
      stanzas = await writeStanzas(outbound, writerFor(socket, stop));
    } catch (error) {
      if (error instanceof UserError) return { kind: "dead", error: error.message };
      return { kind: "retry", error: messageOf(error) };
    }
    if (outbound.kind === "poll") {
      const secret = stanzas[0]?.message.messageContextInfo?.messageSecret ?? new Uint8Array();
      await polls.put(stanzaIdOf(outbound.key), {
        options: outbound.options,
        secret: Buffer.from(secret).toString("base64"),
      });
    }
    let first: SendResult | null = null;
    for (const stanza of stanzas) {
      memory.sent.set(stanza.stanzaId, stanza.message);
      const result = await sender.send(stanza, socket, stop);
      if (result.kind !== "sent") return result;
      context.proved("send");
      first ??= result;
    }
    if (outbound.kind === "message") memory.texts.set(stanzaIdOf(outbound.key), outbound.text.slice(0, 500));
    return first ?? { kind: "dead", error: "there is nothing in the message" };
  }

  return {
    send: (outbound, stop) =>
      stopping
        ? Promise.resolve({ kind: "retry", error: "the account is stopping" })
        : track(() => send(outbound, AbortSignal.any([stop, signal]))),
    async probe() {
      const started = performance.now();
      const ok = await connection.ping();
      const elapsedMs = Math.round(performance.now() - started);
      const identity = publicId(login.creds.me?.id ?? "");
      if (ok) return { ok, state: "connected", elapsedMs, identity };
      const error = connection.trouble()?.message ?? "WhatsApp does not answer";
      return { ok, state: "disconnected", error, elapsedMs, identity };
    },
    async stop() {
      stopping = true;
      await connection.stop();
      await Promise.allSettled(inFlight);
      await login.settled();
    },
    async typing(to, on) {
      await connection.open()?.library.sendPresenceUpdate(on ? "composing" : "paused", targetJid(to));
    },
    async markRead(to, messageId) {
      if (!settings.sendReadReceipts) return;
      const { stanzaId, author } = splitMessageId(messageId);
      if (author === null) return;
      const jid = targetJid(to);
      const participant = isGroup(jid) ? (memory.jids.get(author) ?? targetJid(author)) : undefined;
      await connection.open()?.library.sendReceipt(jid, participant, [stanzaId], "read");
    },
    async directory({ text, limit }) {
      const socket = connection.open();
      if (!socket)
        throw new UserError("CHANNEL_NOT_RUNNING", "WhatsApp is not connected", {
          hint: "openclaw channels status --probe",
        });
      const groups = Object.values(await socket.library.groupFetchAllParticipating());
      for (const group of groups) memory.groups.set(group.id, group);
      const wanted = text?.toLowerCase() ?? "";
      return [
        ...[...memory.names.entries()].map(([id, name]) => ({ kind: "user" as const, id, name })),
        ...groups.map((group) => ({ kind: "group" as const, id: group.id, name: group.subject })),
      ]
        .filter(({ id, name }) => name.toLowerCase().includes(wanted) || id.includes(wanted))
        .slice(0, limit);
    },
  };
}
