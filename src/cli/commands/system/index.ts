import type { CommandDefinition } from "../../contract.ts";
import { remoteOptions } from "../../remote-options.ts";

const json = { flags: "--json", description: "as JSON" };

export const definitions: CommandDefinition[] = [
  {
    path: ["system", "presence"],
    summary: "Who is connected: the gateway itself, apps, nodes",
    examples: [{ line: "openclaw system presence", does: "newest first" }],
    options: [json, ...remoteOptions],
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
      ...remoteOptions,
    ],
    load: () => import("./event.ts"),
  },
  {
    path: ["system", "heartbeat", "status"],
    summary: "Which agents look around by themselves, when next, and what came of it",
    examples: [{ line: "openclaw system heartbeat status", does: "one line per agent" }],
    options: [json, ...remoteOptions],
    load: () => import("./heartbeat-status.ts"),
  },
  {
    path: ["system", "heartbeat", "now"],
    summary: "Let an agent look around now",
    description:
      "Asks whatever the hour, the switch and HEARTBEAT.md say, waits for the end, and prints what the agent has to report.",
    examples: [
      { line: "openclaw system heartbeat now", does: "the default agent" },
      { line: "openclaw system heartbeat now --agent ops", does: "another one" },
    ],
    options: [{ flags: "--agent <id>", description: "the default one when absent" }, json, ...remoteOptions],
    load: () => import("./heartbeat-now.ts"),
  },
  {
    path: ["system", "heartbeat", "last"],
    summary: "The last heartbeat of the agent",
    examples: [{ line: "openclaw system heartbeat last", does: "when and how it ended" }],
    options: [json, ...remoteOptions],
    load: () => import("./heartbeat-last.ts"),
  },
  ...(["enable", "disable"] as const).map((word): CommandDefinition => ({
    path: ["system", "heartbeat", word],
    summary: `${word === "enable" ? "Start" : "Stop"} the heartbeats of all agents`,
    examples: [{ line: `openclaw system heartbeat ${word}`, does: "holds over restarts" }],
    options: [json, ...remoteOptions],
    load: async () => (await import("./heartbeat-set.ts"))[word],
  })),
];
