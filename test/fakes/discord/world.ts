import type { Clock } from "../../../src/core/clock.ts";
import type { DoubleWorld, Place, Speaker } from "../../channels/driver.ts";
import {
  createPlatform,
  type Bot,
  type Channel,
  type Guild,
  type StoredMessage,
  type User,
} from "./platform.ts";

export const botId = "700000000000000001";

/** A platform with the people and channels every test knows in it. */
export function createWorld(clock: Clock) {
  const platform = createPlatform(clock);
  const person = (id: string, username: string, name: string): User => ({ id, username, global_name: name });
  const alice = person("111000000000000001", "alice_a", "Alice");
  const bob = person("111000000000000002", "bob_b", "Bob");
  const robot: User = { id: "700000000000000999", username: "other_bot", global_name: "Robot", bot: true };
  for (const user of [alice, bob, robot]) platform.users.set(user.id, user);
  const guild: Guild = {
    id: platform.nextId(),
    name: "The server",
    roles: [{ id: platform.nextId(), name: "friends" }],
    members: [alice, bob, robot].map((user) => ({ user, nick: null, roles: [] })),
  };
  guild.members[0]?.roles.push(guild.roles[0]?.id ?? "");
  platform.guilds.set(guild.id, guild);
  const bot = platform.addBot({ id: botId, username: "assistant" });
  const channel = (more: Partial<Channel> & { type: number; name: string }): Channel => {
    const made: Channel = { id: platform.nextId(), guild_id: guild.id, last_message_id: null, ...more };
    platform.channels.set(made.id, made);
    return made;
  };
  const group = channel({ type: 0, name: "general" });
  const thread = channel({ type: 11, name: "a thread", parent_id: group.id });
  const forum = channel({ type: 15, name: "questions" });
  const direct = { alice: platform.direct(bot, alice), bob: platform.direct(bot, bob) };
  const people: Record<Speaker, User> = { alice, bob, robot, us: bot.user };

  const world: DoubleWorld = {
    alice: { id: alice.id, name: "Alice" },
    bob: { id: bob.id, name: "Bob" },
    robot: { id: robot.id, name: "Robot" },
    us: { id: bot.user.id, name: "assistant" },
    direct: direct.alice.id,
    bobsDirect: direct.bob.id,
    group: group.id,
    thread: thread.id,
  };
  return {
    platform,
    people,
    world,
    bot,
    guild,
    group,
    thread,
    forum,
    where(place: Place, by: Speaker): { channel: Channel; by: User; bot: Bot } {
      const at = { by: people[by], bot };
      if (place === "direct") return { ...at, channel: by === "bob" ? direct.bob : direct.alice };
      return { ...at, channel: place === "thread" ? thread : group };
    },
    message(id: string): StoredMessage {
      const found = platform.find(id);
      if (!found) throw new Error(`there is no message ${id}`);
      return found;
    },
  };
}

export type World = ReturnType<typeof createWorld>;
