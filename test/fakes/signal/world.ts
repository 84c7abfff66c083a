import type { Clock } from "../../../src/core/clock.ts";
import type { DoubleWorld, Place, Said, Seen, SeenSpan, Speaker } from "../../channels/driver.ts";
import { createPlatform, type Person, type StoredMessage } from "./platform.ts";

const styleNames: Record<string, SeenSpan["style"]> = {
  BOLD: "bold",
  ITALIC: "italic",
  STRIKETHROUGH: "strike",
  MONOSPACE: "code",
  SPOILER: "spoiler",
};

/** An account with the people and the group every test knows. */
export function createWorld(clock: Clock) {
  const person = (digit: number, name: string): Person => ({
    uuid: `0000000${digit}-1111-4222-8333-444444444444`,
    number: `+491510000000${digit}`,
    name,
  });
  const people: Record<Speaker, Person> = {
    alice: person(1, "Alice"),
    bob: person(2, "Bob"),
    robot: person(3, "Robot"),
    us: person(9, "Assistant"),
  };
  const { us } = people;
  const platform = createPlatform(clock, us);
  for (const each of [people.alice, people.bob, people.robot]) platform.people.set(each.uuid, each);
  const group = "Pmpi+EfPWmsxiomLe9Nx2XF9HOE483p6iKiFj65iMwI=";
  platform.groups.set(group, "The group");

  const world: DoubleWorld = {
    alice: { id: people.alice.uuid, name: "Alice" },
    bob: { id: people.bob.uuid, name: "Bob" },
    robot: { id: people.robot.uuid, name: "Robot" },
    us: { id: us.number, name: "Assistant" },
    direct: people.alice.uuid,
    bobsDirect: people.bob.uuid,
    group,
  };
  const idOf = ({ timestamp, author }: StoredMessage) =>
    `${timestamp}:${author === us ? us.number : author.uuid}`;
  const chatOf = (place: Place, by: Speaker) =>
    place === "direct" ? (by === "us" ? people.alice : people[by]).uuid : group;

  function find(id: string): StoredMessage {
    const [timestamp = "", author = ""] = id.split(":");
    const found = platform.find(Number(timestamp), author);
    if (!found) throw new Error(`there is no message ${id}`);
    return found;
  }

  function tell(by: Person, chat: string, content: Record<string, unknown>): void {
    const { timestamp } = content;
    const data = { expiresInSeconds: 0, viewOnce: false, ...content, ...platform.groupInfo(chat) };
    if (by !== us) return platform.tell(by, Number(timestamp), { dataMessage: data });
    const to = platform.person(chat);
    // On another device of the account.
    const sentMessage = {
      destination: to?.number ?? null,
      destinationNumber: to?.number ?? null,
      destinationUuid: to?.uuid ?? null,
      ...data,
    };
    platform.tell(us, Number(timestamp), { syncMessage: { sentMessage } });
  }

  return {
    platform,
    people,
    world,
    say({ by, place, text = "", mention, quoting, contact, attachments = [] }: Said): string {
      const chat = chatOf(place, by);
      const files = attachments.map((file) =>
        platform.addFile({
          contentType: file.mimeType,
          content: file.content,
          ...(file.statedBytes === "none" ? {} : { size: file.statedBytes ?? file.content.length }),
          ...(file.kind === "voice" ? {} : { filename: file.fileName }),
        }),
      );
      const quoted = quoting === undefined ? undefined : find(quoting);
      const message = platform.store({ author: people[by], chat, text, attachments: files });
      tell(people[by], chat, {
        timestamp: message.timestamp,
        message: mention === true ? `\ufffc ${text}` : text === "" ? null : text,
        ...(mention === true
          ? { mentions: [{ name: us.name, number: us.number, uuid: us.uuid, start: 0, length: 1 }] }
          : {}),
        ...(quoted
          ? {
              quote: {
                id: quoted.timestamp,
                author: quoted.author.number,
                authorNumber: quoted.author.number,
                authorUuid: quoted.author.uuid,
                text: quoted.text,
                attachments: [],
              },
            }
          : {}),
        ...(files.length === 0
          ? {}
          : {
              attachments: files.map(({ content: _content, ...file }) => ({ ...file, uploadTimestamp: 0 })),
            }),
        ...(contact
          ? {
              contacts: [
                {
                  name: { given: contact.name.split(" ")[0], family: contact.name.split(" ")[1] },
                  phone: contact.phones.map((value) => ({ value, type: "MOBILE" })),
                },
              ],
            }
          : {}),
      });
      return idOf(message);
    },
    edit(id: string, text: string): void {
      const message = find(id);
      message.before.push(message.text);
      message.text = text;
      const timestamp = platform.nextTime();
      const dataMessage = { timestamp, message: text, ...platform.groupInfo(message.chat) };
      platform.tell(message.author, timestamp, {
        editMessage: { targetSentTimestamp: message.timestamp, dataMessage },
      });
    },
    remove(id: string): void {
      const message = find(id);
      message.deleted = true;
      tell(message.author, message.chat, {
        timestamp: platform.nextTime(),
        message: null,
        remoteDelete: { timestamp: message.timestamp },
      });
    },
    react(
      by: Speaker,
      { messageId, emoji, removed }: { messageId: string; emoji: string; removed: boolean },
    ): void {
      const target = find(messageId);
      tell(people[by], target.chat, {
        timestamp: platform.nextTime(),
        message: null,
        reaction: {
          emoji,
          targetAuthor: target.author.number,
          targetAuthorNumber: target.author.number,
          targetAuthorUuid: target.author.uuid,
          targetSentTimestamp: target.timestamp,
          isRemove: removed,
        },
      });
    },
    seen: (): Seen[] =>
      platform.messages
        .filter((message) => message.author === us)
        .map((message) => {
          const quoted = message.quote && platform.find(message.quote.id, message.quote.author);
          return {
            messageId: idOf(message),
            chatId: message.chat,
            raw: message.text,
            plain: message.text,
            spans: message.styles.map(({ style, start, length }) => ({
              style: styleNames[style] ?? "bold",
              text: message.text.slice(start, start + length),
            })),
            rings: [],
            ...(quoted ? { replyTo: idOf(quoted) } : {}),
            before: message.before,
            deleted: message.deleted,
            media: message.attachments.map(({ contentType, filename = "", content }) => ({
              kind: "document",
              mimeType: contentType,
              fileName: filename,
              content,
            })),
            buttons: [],
            at: message.at,
          };
        }),
    reactions: () =>
      platform.messages.flatMap((message) => {
        const emoji = message.reactions.get(us.uuid);
        return emoji === undefined ? [] : [{ messageId: idOf(message), emoji }];
      }),
    typing: (chat: string) => (platform.typing.get(chat) ?? 0) > clock.now(),
    read: () =>
      platform.read.flatMap((timestamp) =>
        platform.messages.filter((each) => each.timestamp === timestamp).map(idOf),
      ),
  };
}

export type World = ReturnType<typeof createWorld>;
