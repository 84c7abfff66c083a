import type { Clock } from "../../../src/core/clock.ts";
import type { DoubleWorld, Place, Said, Seen, Speaker } from "../../channels/driver.ts";
import { emojiNameOf, emojiOf } from "../../../src/channels/slack/emoji.ts";
import { readSlack } from "../../channels/readers.ts";
import { createPlatform, readable, teamId, type StoredMessage, type User } from "./platform.ts";

/** A workspace with the people and conversations every test knows in it. */
export function createWorld(clock: Clock) {
  const platform = createPlatform(clock);
  const people: Record<Speaker, User> = {
    alice: { id: "U0ALICE01", name: "Alice", isBot: false },
    bob: { id: "U0BOB0001", name: "Bob", isBot: false },
    robot: { id: "U0ROBOT01", name: "Robot", isBot: true, botId: "B0ROBOT01" },
    us: { id: "U0CLAW001", name: "Assistant", isBot: true, botId: "B0CLAW001" },
  };
  for (const user of Object.values(people)) platform.users.set(user.id, user);
  const [direct, bobsDirect, group] = ["D0ALICE01", "D0BOB0001", "C0GROUP01"];
  platform.conversations.set(direct, { id: direct, name: "", user: people.alice.id });
  platform.conversations.set(bobsDirect, { id: bobsDirect, name: "", user: people.bob.id });
  platform.conversations.set(group, { id: group, name: "general" });
  platform.setSkew(-3_600_000);
  const root = platform.post({ channel: group, user: people.bob.id, text: "a topic" }, true);
  platform.setSkew(0);
  root.threadTs = root.ts;
  let pressed = 0;

  const world: DoubleWorld = {
    alice: { id: people.alice.id, name: "Alice" },
    bob: { id: people.bob.id, name: "Bob" },
    robot: { id: people.robot.id, name: "Robot" },
    us: { id: people.us.id, name: "Assistant" },
    direct,
    bobsDirect,
    group,
    thread: root.ts,
  };
  const idOf = ({ channel, ts }: { channel: string; ts: string }) => `${channel}:${ts}`;
  const whereOf = (place: Place, by: Speaker) =>
    place === "direct" ? (by === "bob" ? bobsDirect : direct) : group;
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  function find(id: string): StoredMessage {
    const [channel = "", ts = ""] = id.split(":");
    const found = platform.find(channel, ts);
    if (!found) throw new Error(`there is no message ${id}`);
    return found;
  }

  return {
    platform,
    people,
    world,
    say({ by, place, text = "", mention, command, attachments = [] }: Said): string {
      const channel = whereOf(place, by);
      if (command) {
        const [name = "", ...words] = text.split(" ");
        const trigger = `trigger-${++pressed}`;
        platform.emit({
          type: "slash_commands",
          payload: {
            command: name,
            text: words.join(" "),
            user_id: people[by].id,
            user_name: people[by].name.toLowerCase(),
            channel_id: channel,
            team_id: teamId,
            trigger_id: trigger,
          },
        });
        return `command:${trigger}`;
      }
      const files = attachments.map((file) =>
        platform.addFile({
          name: file.fileName,
          mimeType: file.mimeType,
          content: file.content,
          ...(file.statedBytes === "none" ? {} : { size: file.statedBytes ?? file.content.length }),
          ...(file.kind === "voice" ? { subtype: "slack_audio" } : {}),
          ...(file.durationMs === undefined ? {} : { durationMs: file.durationMs }),
        }),
      );
      const { botId } = people[by];
      return idOf(
        platform.post({
          channel,
          user: people[by].id,
          text: (mention === true ? `<@${people.us.id}> ` : "") + escaped(text),
          files,
          ...(botId === undefined ? {} : { botId }),
          ...(place === "thread" ? { threadTs: root.ts } : {}),
        }),
      );
    },
    edit: (id: string, text: string) => platform.change(find(id), { text: escaped(text) }),
    remove: (id: string) => platform.remove(find(id)),
    react(
      by: Speaker,
      { messageId, emoji, removed }: { messageId: string; emoji: string; removed: boolean },
    ) {
      platform.react(find(messageId), people[by].id, { name: emojiNameOf(emoji) ?? "question", removed });
    },
    press(by: Speaker, messageId: string, value: string): void {
      const message = find(messageId);
      const button = message.blocks
        .flatMap((block) => block.elements ?? [])
        .find((each) => each.value === value);
      if (!button) throw new Error(`there is no button ${value}`);
      platform.emit({
        type: "interactive",
        payload: {
          type: "block_actions",
          user: { id: people[by].id, team_id: teamId },
          team: { id: teamId },
          channel: {
            id: message.channel,
            name: message.channel.startsWith("D") ? "directmessage" : "general",
          },
          container: { type: "message", message_ts: message.ts, channel_id: message.channel },
          message: platform.wire(message),
          trigger_id: `trigger-${++pressed}`,
          actions: [{ ...button, action_ts: platform.nextTs() }],
        },
      });
    },
    seen: (): Seen[] =>
      platform.messages
        .filter((message) => message.user === people.us.id)
        .map((message) => {
          const raw = readable(message);
          return {
            messageId: idOf(message),
            chatId: message.channel,
            ...(message.threadTs === undefined ? {} : { threadId: message.threadTs }),
            raw,
            ...readSlack(raw),
            before: message.before.map((text) => readSlack(text).plain),
            deleted: message.deleted,
            media: message.files.map(({ name, mimeType, content }) => ({
              kind: "document",
              mimeType,
              fileName: name,
              content,
            })),
            buttons: message.blocks.flatMap((block) => (block.elements ?? []).map((each) => each.value)),
            at: message.at,
          };
        }),
    reactions: () =>
      platform.messages.flatMap((message) =>
        [...message.reactions]
          .filter(([, users]) => users.has(people.us.id))
          .map(([name]) => ({ messageId: idOf(message), emoji: emojiOf(name) })),
      ),
  };
}

export type World = ReturnType<typeof createWorld>;
