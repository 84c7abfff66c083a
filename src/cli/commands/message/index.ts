import type { CommandDefinition } from "../../contract.ts";
import { jsonOption, placeOptions, sendOptions } from "./options.ts";

const messageId = { flags: "--message-id <id>", description: "the platform's id of the message" };
const limit = { flags: "-n, --limit <count>", description: "how many", default: "20" };

export const definitions: CommandDefinition[] = [
  {
    path: ["message", "send"],
    summary: "Send a message through a channel",
    description: "Sent exactly once per idempotency key: repeat the command with the same key when in doubt.",
    examples: [
      {
        line: 'openclaw message send --target +15551234567 --message "Test"',
        does: "through the default channel",
      },
      {
        line: 'openclaw message send --channel webhook --target ops --message "done"',
        does: "through a named one",
      },
    ],
    options: [
      ...placeOptions,
      { flags: "-m, --message <text>", description: "what to send, in Markdown" },
      { flags: "--media <file>", description: "attach this file, or what is at this address", many: true },
      { flags: "--reply-to <id>", description: "quote this message" },
      { flags: "--silent", description: "without a sound, where the platform can" },
      ...sendOptions,
      { flags: "--json", description: "the receipt as JSON" },
    ],
    load: () => import("./send.ts"),
  },
  {
    path: ["message", "poll"],
    summary: "Ask a chat to vote",
    examples: [
      {
        line: 'openclaw message poll --target <id> --question "Lunch?" --option pizza --option soup',
        does: "one answer each",
      },
    ],
    options: [
      ...placeOptions,
      { flags: "--question <text>", description: "what is asked" },
      { flags: "--option <text>", description: "an answer; 2 to 12 of them", many: true },
      { flags: "--max-selections <count>", description: "answers one person may give", default: "1" },
      { flags: "--hours <count>", description: "how long it is open" },
      ...sendOptions,
      jsonOption,
    ],
    load: () => import("./poll.ts"),
  },
  {
    path: ["message", "react"],
    summary: "Put an emoji on a message",
    examples: [{ line: "openclaw message react --target <id> --message-id 7 --emoji 👍", does: "agree" }],
    options: [
      ...placeOptions,
      messageId,
      { flags: "--emoji <emoji>", description: "the emoji" },
      { flags: "--remove", description: "take it back" },
      ...sendOptions,
      jsonOption,
    ],
    load: async () => ({ run: (await import("./act.ts")).react }),
  },
  {
    path: ["message", "edit"],
    summary: "Change a message the assistant sent",
    examples: [
      { line: 'openclaw message edit --target <id> --message-id 7 --message "better"', does: "another text" },
    ],
    options: [
      ...placeOptions,
      messageId,
      { flags: "-m, --message <text>", description: "the new text" },
      ...sendOptions,
      jsonOption,
    ],
    load: async () => ({ run: (await import("./act.ts")).edit }),
  },
  {
    path: ["message", "delete"],
    summary: "Take back a message the assistant sent",
    examples: [
      { line: "openclaw message delete --target <id> --message-id 7", does: "it is gone for everybody" },
    ],
    options: [...placeOptions, messageId, ...sendOptions, jsonOption],
    load: async () => ({ run: (await import("./act.ts")).remove }),
  },
  {
    path: ["message", "read"],
    summary: "The last messages of a chat, as the platform has them",
    examples: [{ line: "openclaw message read --target <id> --limit 50", does: "newest last" }],
    options: [
      ...placeOptions,
      limit,
      { flags: "--before <id>", description: "those before this message" },
      jsonOption,
    ],
    load: async () => ({ run: (await import("./look.ts")).read }),
  },
  {
    path: ["message", "search"],
    summary: "Find messages, where the platform can search",
    examples: [{ line: 'openclaw message search --channel slack --query "invoice"', does: "in every chat" }],
    options: [
      ...placeOptions,
      { flags: "--query <text>", description: "what to look for" },
      limit,
      jsonOption,
    ],
    load: async () => ({ run: (await import("./look.ts")).search }),
  },
  {
    path: ["message", "thread", "create"],
    summary: "Start a thread or topic",
    examples: [
      { line: 'openclaw message thread create --target <id> --name "Release"', does: "prints its id" },
    ],
    options: [
      ...placeOptions,
      { flags: "--name <text>", description: "its title" },
      { flags: "--message-id <id>", description: "start it at this message" },
      { flags: "--dry-run", description: "only say where" },
      jsonOption,
    ],
    load: async () => ({ run: (await import("./thread.ts")).create }),
  },
  {
    path: ["message", "thread", "list"],
    summary: "Threads the account can see",
    examples: [{ line: "openclaw message thread list --channel discord", does: "their ids and names" }],
    options: [
      { flags: "--channel <id>", description: "channel, when more than one is configured" },
      { flags: "--account <id>", description: "account of the channel" },
      jsonOption,
    ],
    load: async () => ({ run: (await import("./thread.ts")).list }),
  },
];
