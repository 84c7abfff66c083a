import type { CommandDefinition } from "../../contract.ts";

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
      { flags: "-t, --target <id>", description: "person, chat or group at the channel" },
      { flags: "-m, --message <text>", description: "what to send" },
      { flags: "--channel <id>", description: "channel, when more than one is configured" },
      { flags: "--account <id>", description: "account of the channel" },
      { flags: "--media <url>", description: "attach what is at this address", many: true },
      { flags: "--idempotency-key <key>", description: "the same key is never sent twice" },
      { flags: "--json", description: "the receipt as JSON" },
    ],
    load: () => import("./send.ts"),
  },
];
