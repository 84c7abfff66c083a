import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const listOptions = [
  { flags: "--agent <id>", description: "only of this agent" },
  { flags: "--active <minutes>", description: "only those used in the last so many minutes" },
  { flags: "--limit <n>", description: "at most so many (default 50)" },
  json,
];

export const definitions: CommandDefinition[] = [
  {
    path: ["sessions"],
    summary: "List conversations, newest first",
    description: "Reads the stored state: works without a gateway. With --url the gateway there is asked.",
    examples: [{ line: "openclaw sessions --active 60", does: "those of the last hour" }],
    options: listOptions,
    load: () => import("./list.ts"),
  },
  {
    path: ["sessions", "list"],
    summary: "List conversations, newest first",
    examples: [{ line: "openclaw sessions list --json", does: "for scripts" }],
    options: listOptions,
    load: () => import("./list.ts"),
  },
  {
    path: ["sessions", "show"],
    summary: "Facts and last messages of a conversation",
    examples: [{ line: "openclaw sessions show main", does: "the main conversation" }],
    args: [{ name: "<key>", description: "session key, e.g. main" }],
    options: [{ flags: "--limit <n>", description: "how many messages (default 20)" }, json],
    load: () => import("./show.ts"),
  },
  {
    path: ["sessions", "export"],
    summary: "Write out a whole conversation",
    examples: [
      { line: "openclaw sessions export main > main.md", does: "as Markdown" },
      { line: "openclaw sessions export main --format jsonl", does: "as stored, one entry a line" },
    ],
    args: [{ name: "<key>", description: "session key, e.g. main" }],
    options: [
      {
        flags: "--format <format>",
        description: "what to write",
        choices: ["markdown", "jsonl"],
        default: "markdown",
      },
      { flags: "-o, --output <file>", description: "a new file instead of standard output" },
      {
        flags: "--superseded",
        description: "also what was said before a message was changed, marked as such",
      },
    ],
    load: () => import("./export.ts"),
  },
  {
    path: ["sessions", "reset"],
    summary: "Start a conversation afresh; the old text is kept",
    examples: [{ line: "openclaw sessions reset main", does: "the main conversation" }],
    args: [{ name: "<key>", description: "session key, e.g. main" }],
    options: [json],
    load: () => import("./reset.ts"),
  },
  {
    path: ["sessions", "delete"],
    summary: "Delete a conversation",
    examples: [
      { line: "openclaw sessions delete project-notes --yes", does: "with its transcript" },
      { line: "openclaw sessions delete project-notes --yes --keep-transcript", does: "archive the text" },
    ],
    args: [{ name: "<key>", description: "session key" }],
    options: [
      { flags: "--yes", description: "do not ask" },
      { flags: "--keep-transcript", description: "keep the text under an archive name" },
      json,
    ],
    load: () => import("./delete.ts"),
  },
];
