import { createHash } from "node:crypto";
import { messageOf } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ChannelContext } from "../contract.ts";
import type { DiscordRest } from "./rest.ts";

const commandName = /^[-_\p{Ll}\p{N}]{1,32}$/u;

/** Puts the chat commands behind Discord's `/`, when they differ from what was last put there. */
export async function publishCommands(options: {
  rest: DiscordRest;
  applicationId: string;
  context: Pick<ChannelContext, "commands" | "store" | "logger">;
  signal: AbortSignal;
}): Promise<void> {
  const { rest, applicationId, context, signal } = options;
  const commands = (context.commands ?? [])
    .filter(({ name }) => commandName.test(name))
    .slice(0, 100)
    .map(({ name, description }): JsonObject => ({
      name,
      type: 1,
      description: (description || name).slice(0, 100),
      options: [{ type: 3, name: "text", description: "What goes behind the command", required: false }],
      // In servers and in direct messages with the bot, not in other people's chats.
      contexts: [0, 1],
      integration_types: [0],
    }));
  const digest = createHash("sha256")
    .update(`${applicationId} ${JSON.stringify(commands)}`)
    .digest("hex");
  if (commands.length === 0 || context.store.get("commands") === digest) return;
  try {
    await rest.call(
      { method: "PUT", path: `/applications/${applicationId}/commands`, body: commands },
      { signal },
    );
    await context.store.set("commands", digest);
  } catch (error) {
    context.logger.warn("the slash commands were not set", { error: messageOf(error) });
  }
}
