import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };

export const definitions: CommandDefinition[] = [
  {
    path: ["system", "presence"],
    summary: "Who is connected: the gateway itself, apps, nodes",
    examples: [{ line: "openclaw system presence", does: "newest first" }],
    options: [json],
    load: () => import("./presence.ts"),
  },
  {
    path: ["system", "event"],
    summary: "Tell the main session something",
    description: "Queues a system event for the main session and, with --mode now, wakes the agent.",
    examples: [
      { line: 'openclaw system event --text "backup finished" --mode now', does: "wake the agent at once" },
    ],
    options: [
      { flags: "--text <text>", description: "what happened" },
      {
        flags: "--mode <mode>",
        description: "when the agent looks at it",
        choices: ["now", "next-heartbeat"],
        default: "next-heartbeat",
      },
      json,
    ],
    load: () => import("./event.ts"),
  },
  {
    path: ["system", "heartbeat", "last"],
    summary: "The last heartbeat of the agent",
    examples: [{ line: "openclaw system heartbeat last", does: "when and how it ended" }],
    options: [json],
    load: () => import("./heartbeat-last.ts"),
  },
  ...(["enable", "disable"] as const).map((word): CommandDefinition => ({
    path: ["system", "heartbeat", word],
    summary: `${word === "enable" ? "Start" : "Stop"} heartbeats until the gateway restarts`,
    examples: [{ line: `openclaw system heartbeat ${word}`, does: "for this run of the gateway" }],
    options: [json],
    load: async () => (await import("./heartbeat-set.ts"))[word],
  })),
];
