import type { CommandDefinition } from "../../contract.ts";

const options = [
  { flags: "--channel <id>", description: "channel, when more than one is configured" },
  { flags: "--account <id>", description: "account of the channel" },
  { flags: "-q, --query <text>", description: "only names with this in them" },
  { flags: "-n, --limit <count>", description: "how many", default: "100" },
  { flags: "--json", description: "as JSON" },
];

export const definitions: CommandDefinition[] = [
  {
    path: ["directory", "users"],
    summary: "People an account can write to, with their ids",
    examples: [
      { line: "openclaw directory users --channel slack --query ann", does: "whose name has ann in it" },
    ],
    options,
    load: async () => ({ run: (await import("./list.ts")).users }),
  },
  {
    path: ["directory", "groups"],
    summary: "Groups and channels an account is in, with their ids",
    examples: [{ line: "openclaw directory groups --channel whatsapp", does: "all of them" }],
    options,
    load: async () => ({ run: (await import("./list.ts")).groups }),
  },
];
