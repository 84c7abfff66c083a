import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BufferJSON, initAuthCreds, proto } from "baileys";
import { whatsappManifest } from "../../../src/channels/whatsapp/manifest.ts";
import type { ChannelDouble, DoubleWorld, RunningDouble, Said, Speaker } from "../../channels/driver.ts";
import { findPhone } from "./directory.ts";
import { node } from "./nodes.ts";
import { vouchFor } from "./pairing.ts";
import type { Phone } from "./people.ts";
import type { Posted } from "./contract.ts";
import { newId, startPlatform } from "./platform.ts";
import { contentOf, sealVote } from "./saying.ts";
import { createView } from "./seen.ts";
import { hushSignal, trustTheDouble } from "./trust.ts";

const numberOf = (phone: Phone): string =>
  phone.jid.endsWith("@s.whatsapp.net") ? `+${phone.jid.split("@")[0]}` : phone.jid;

/** The driver of the conformance suite for the double in this folder. */
export const whatsappDouble: ChannelDouble = {
  manifest: whatsappManifest,
  ownTimers: true,
  quietTurns: 24,
  async start({ clock }): Promise<RunningDouble> {
    trustTheDouble();
    const unhush = hushSignal();
    const platform = await startPlatform({ clock, onDelivered: () => view.update() });
    const { us, group, faults } = platform;
    const phones: Record<Speaker, Phone> = { ...platform.people, us };
    const said = new Map<string, { stanzaId: string; by: Speaker; place: Said["place"] }>();
    const view = createView(platform, {
      publicChat: (jid) =>
        jid.endsWith("@g.us") ? jid : numberOf(findPhone(Object.values(phones), jid) ?? us),
      publicId: (stanzaId, participant) => {
        const author = participant === null ? undefined : findPhone(Object.values(phones), participant);
        return author ? `${stanzaId}/${numberOf(author)}` : stanzaId;
      },
    });
    const world: DoubleWorld = {
      alice: { id: numberOf(phones.alice), name: "Alice" },
      bob: { id: numberOf(phones.bob), name: "Bob" },
      robot: { id: phones.robot.jid, name: "Robot" },
      us: { id: numberOf(us), name: us.name },
      direct: numberOf(phones.alice),
      bobsDirect: numberOf(phones.bob),
      group: group.jid,
    };

    const idOf = (stanzaId: string, by: Speaker): string => `${stanzaId}/${numberOf(phones[by])}`;
    /** A message somebody points at, ours or another's. */
    const target = (messageId: string): { stanzaId: string; author: Phone; group: boolean } => {
      const known = said.get(messageId);
      if (known)
        return { stanzaId: known.stanzaId, author: phones[known.by], group: known.place === "group" };
      const ours = view.shown().find((each) => each.messageId === messageId);
      return { stanzaId: messageId, author: us, group: ours?.chatId === group.jid };
    };

    async function post(
      by: Speaker,
      inGroup: boolean,
      message: proto.IMessage,
      more: Partial<Posted> = {},
    ): Promise<string> {
      const id = newId();
      await platform.post({
        id,
        author: phones[by],
        group: inGroup ? group : null,
        message,
        ...(by === "us" && !inGroup ? { to: phones.alice.jid } : {}),
        ...more,
      });
      return id;
    }

    /** How the pointing person's phone names a message. */
    function keyFor(by: Speaker, messageId: string): { key: proto.IMessageKey; group: boolean } {
      const { stanzaId, author, group: inGroup } = target(messageId);
      const fromMe = author === phones[by];
      return {
        group: inGroup,
        key: {
          id: stanzaId,
          remoteJid: inGroup ? group.jid : us.jid,
          fromMe,
          ...(inGroup && !fromMe ? { participant: author.lid } : {}),
        },
      };
    }

    return {
      world,
      account: (name) => ({
        name,
        webSocketUrl: `ws://127.0.0.1:${platform.port}/ws/chat`,
        mediaRoot: `http://127.0.0.1:${platform.port}`,
      }),
      async login(_name, dir) {
        await Promise.resolve();
        const creds = initAuthCreds();
        const device = platform.link({
          bundle: {
            registrationId: creds.registrationId,
            identity: creds.signedIdentityKey.public,
            signedPreKey: {
              keyId: creds.signedPreKey.keyId,
              public: creds.signedPreKey.keyPair.public,
              signature: creds.signedPreKey.signature,
            },
          },
        });
        const account = { ...vouchFor(creds.signedIdentityKey.public), deviceSignature: Buffer.alloc(64, 1) };
        const me = { id: device.jid, name: us.name, lid: us.lid.replace("@", `:${device.number}@`) };
        const login = { ...creds, me, account, platform: "android" };
        writeFileSync(join(dir, "creds.json"), JSON.stringify(login, BufferJSON.replacer), { mode: 0o600 });
      },
      async say(words) {
        const inGroup = words.place === "group" || words.place === "thread" || words.by === "robot";
        const quoted = words.quoting === undefined ? null : target(words.quoting);
        const message = await contentOf(words, {
          media: platform.media,
          us,
          group: inGroup,
          quoted: quoted && {
            stanzaId: quoted.stanzaId,
            participant: inGroup ? quoted.author.lid : quoted.author.jid,
          },
        });
        const media = words.attachments === undefined ? {} : { type: "media" };
        const stanzaId = await post(words.by, inGroup, message, media);
        const id = idOf(stanzaId, words.by);
        said.set(id, { stanzaId, by: words.by, place: inGroup ? "group" : "direct" });
        return id;
      },
      async edit(messageId, text) {
        const { by = "alice", place = "direct" } = said.get(messageId) ?? {};
        const { key } = keyFor(by, messageId);
        const { MESSAGE_EDIT: type } = proto.Message.ProtocolMessage.Type;
        const protocolMessage = {
          key,
          type,
          editedMessage: { conversation: text },
          timestampMs: clock.now(),
        };
        await post(by, place === "group", { editedMessage: { message: { protocolMessage } } });
      },
      async remove(messageId) {
        const { by = "alice", place = "direct" } = said.get(messageId) ?? {};
        const { REVOKE: type } = proto.Message.ProtocolMessage.Type;
        await post(by, place === "group", { protocolMessage: { key: keyFor(by, messageId).key, type } });
      },
      async react({ by, messageId, emoji, removed }) {
        const { key, group: inGroup } = keyFor(by, messageId);
        const reactionMessage = { key, text: removed ? "" : emoji, senderTimestampMs: clock.now() };
        await post(by, inGroup, { reactionMessage }, { type: "reaction" });
      },
      async vote({ by, messageId, options }) {
        const poll = view.shown().find((each) => each.messageId === messageId);
        if (!poll?.secret) throw new Error(`there is no poll ${messageId}`);
        const { key, group: inGroup } = keyFor(by, messageId);
        const vote = sealVote({
          pollId: messageId,
          secret: poll.secret,
          creator: inGroup ? us.lid : us.jid,
          voter: inGroup ? phones[by].lid : phones[by].jid,
          options,
        });
        const pollUpdateMessage = { pollCreationMessageKey: key, vote, senderTimestampMs: clock.now() };
        await post(by, inGroup, { pollUpdateMessage }, { type: "poll" });
      },
      seen: () => view.shown(),
      reactions: () => view.reactions(),
      typing: (chatId) =>
        [...platform.typing].some(
          (jid) => jid === chatId || numberOf(findPhone(Object.values(phones), jid) ?? us) === chatId,
        ),
      read: () => [...said].filter(([, { stanzaId }]) => platform.read.includes(stanzaId)).map(([id]) => id),
      faults: {
        rateLimit: (times) => void (faults.rateLimited = times),
        failSends: (times) => void (faults.failing = times),
        down(on) {
          faults.refuse = on ? 503 : null;
          if (on) faults.end(node("stream:error", { code: "503" }));
        },
        revoke(on) {
          faults.refuse = on ? 401 : null;
          if (on)
            faults.end(node("stream:error", { code: "401" }, [node("conflict", { type: "device_removed" })]));
        },
        cut: (on) => faults.cut(on),
        slow: (ms) => void (faults.slowMs = ms),
        halfOpen: () => faults.freeze(),
        loseAnswer: (times) => void (faults.loseAnswers = times),
        loseRequest: (times) => void (faults.loseRequests = times),
        duplicate: (times) => void (faults.duplicates = times),
        skew: (ms) => void (faults.skewMs = ms),
        conflict(on) {
          if (on) faults.end(node("stream:error", {}, [node("conflict", { type: "replaced" })]));
        },
      },
      busy: () => platform.busy(),
      async stop() {
        await platform.stop();
        unhush();
        if (platform.problems.length > 0)
          throw new Error(`the double failed: ${String(platform.problems[0])}`);
      },
    };
  },
};
