import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["agent"],
    summary: "Ask the agent and print its answer",
    description:
      "One turn through the running gateway: the answer streams to a terminal and is printed whole when piped. Ctrl-C stops the run. Exit status 0 with an answer, 1 without.",
    examples: [
      { line: 'openclaw agent --message "what is on my list today?"', does: "ask the main agent" },
      { line: 'openclaw agent -m "summarise it" --session project-notes', does: "in another conversation" },
      { line: 'openclaw agent -m "hello" --json', does: "result, usage and timing as JSON" },
      { line: 'git diff | openclaw agent -m "review this" --stdin', does: "with more text from a pipe" },
    ],
    options: [
      { flags: "-m, --message <text>", description: "what to say" },
      { flags: "--stdin", description: "append what comes in on standard input to the message" },
      { flags: "--session <key>", description: "conversation, e.g. main or project-notes" },
      { flags: "--session-id <id>", description: "conversation by its session id" },
      { flags: "--agent <id>", description: "agent; the default one unless given" },
      {
        flags: "--to <target>",
        description: "person or chat the conversation belongs to, e.g. +15551234567",
      },
      { flags: "--channel <id>", description: "channel of --to and --deliver" },
      {
        flags: "--thinking <level>",
        description: "how much to think",
        choices: ["off", "minimal", "low", "medium", "high", "xhigh"],
      },
      { flags: "--deliver", description: "send the answer to the chat as well" },
      { flags: "--local", description: "run the turn in this process, without a gateway" },
      { flags: "--model <ref>", description: "provider/model for this turn; with --local" },
      { flags: "--timeout <seconds>", description: "stop the run after so long", default: "600" },
      { flags: "--json", description: "the result as JSON, nothing else" },
      { flags: "--url <url>", description: "gateway to talk to: ws://… or wss://…" },
      { flags: "--token <token>", description: "shared or device token" },
    ],
    load: () => import("./agent.ts"),
  },
];
