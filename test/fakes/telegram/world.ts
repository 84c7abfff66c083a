import type { Clock } from "../../../src/core/clock.ts";
import type { DoubleWorld, Place, Speaker } from "../../channels/driver.ts";
import { createPlatform, type Chat, type StoredMessage, type User } from "./platform.ts";

export const botSecret = "AAE-this-is-a-double-of-a-token";
export const botId = 700_000_001;
const topicId = 7;

/** A platform with the people and chats every test knows in it. */
export function createWorld(clock: Clock) {
  const platform = createPlatform(clock);
  const bot = platform.addBot({ id: botId, username: "assistant_bot", name: "Assistant", secret: botSecret });
  const person = (id: number, name: string, username: string): User => ({
    id,
    is_bot: false,
    first_name: name,
    username,
  });
  const people: Record<Speaker, User> = {
    alice: person(111_001, "Alice", "alice_a"),
    bob: person(111_002, "Bob", "bob_b"),
    robot: { id: 700_000_999, is_bot: true, first_name: "Robot", username: "other_bot" },
    us: bot.user,
  };
  for (const user of Object.values(people)) platform.users.set(user.id, user);
  const privately = (user: User): Chat => ({
    id: user.id,
    type: "private",
    first_name: user.first_name,
    ...(user.username === undefined ? {} : { username: user.username }),
  });
  const group: Chat = { id: -1_001_000_777, type: "supergroup", title: "The group", is_forum: true };
  const direct = { alice: privately(people.alice), bob: privately(people.bob) };
  for (const chat of [group, direct.alice, direct.bob]) platform.chats.set(chat.id, chat);

  const world: DoubleWorld = {
    alice: { id: String(people.alice.id), name: "Alice" },
    bob: { id: String(people.bob.id), name: "Bob" },
    robot: { id: String(people.robot.id), name: "Robot" },
    us: { id: String(bot.user.id), name: "Assistant" },
    direct: String(direct.alice.id),
    bobsDirect: String(direct.bob.id),
    group: String(group.id),
    thread: String(topicId),
  };
  return {
    platform,
    people,
    world,
    bot,
    group,
    where(place: Place, by: Speaker): { chat: Chat; by: User; threadId?: number | undefined } {
      if (place === "direct") return { chat: by === "bob" ? direct.bob : direct.alice, by: people[by] };
      return { chat: group, by: people[by], threadId: place === "thread" ? topicId : undefined };
    },
    message(id: string): StoredMessage {
      const [chat, number] = id.split(":").map(Number);
      const found = platform.find(chat ?? 0, number ?? 0);
      if (!found) throw new Error(`there is no message ${id}`);
      return found;
    },
  };
}

export type World = ReturnType<typeof createWorld>;
