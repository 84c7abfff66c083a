import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["tui"],
    summary: "Chat with the agent in this terminal",
    description:
      "A screen of its own: the conversation with tools as they work, permission questions, other conversations. /help lists the keys. For one question without a screen there is `openclaw agent`.",
    examples: [
      { line: "openclaw tui", does: "the main conversation" },
      { line: "openclaw tui --session project-notes", does: "another one" },
      { line: "openclaw tui --url wss://gateway.example.net", does: "with a gateway elsewhere" },
    ],
    options: [
      { flags: "--session <key>", description: "conversation to open", default: "main" },
      { flags: "--url <url>", description: "gateway to talk to: ws://… or wss://…" },
      {
        flags: "--token <token>",
        description: "shared or device token; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
      },
      { flags: "--password <password>", description: "password; OPENCLAW_GATEWAY_PASSWORD" },
    ],
    load: () => import("./tui.ts"),
  },
];
