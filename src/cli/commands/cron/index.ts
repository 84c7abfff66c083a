import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const job = { name: "<job>", description: "job id, its unambiguous beginning, or its name" };

export const definitions: CommandDefinition[] = [
  {
    path: ["cron", "list"],
    summary: "Scheduled jobs, the next one first",
    examples: [{ line: "openclaw cron list --all", does: "disabled ones too" }],
    options: [{ flags: "--all", description: "disabled jobs too" }, json],
    load: () => import("./list.ts"),
  },
  {
    path: ["cron", "status"],
    summary: "Whether the scheduler runs and when it wakes next",
    examples: [{ line: "openclaw cron status", does: "in one look" }],
    options: [json],
    load: () => import("./status.ts"),
  },
  {
    path: ["cron", "add"],
    summary: "Add a scheduled job",
    description:
      "Needs one of --at, --every, --cron and one of --message (an agent turn) and --system-event.",
    examples: [
      {
        line: 'openclaw cron add --name brief --cron "0 7 * * 1-5" --tz Europe/Berlin --message "Morning brief"',
        does: "on weekdays at seven",
      },
      {
        line: 'openclaw cron add --name check --every 30m --system-event "look at the build"',
        does: "every half hour",
      },
      {
        line: 'openclaw cron add --name call --at 20m --message "remind me to call"',
        does: "once, in 20 minutes",
      },
    ],
    options: [
      { flags: "--name <name>", description: "name of the job" },
      { flags: "--at <when>", description: "once: ISO 8601, or a duration from now such as 20m" },
      { flags: "--every <duration>", description: "again and again: 30s, 10m, 2h, 1d" },
      { flags: "--cron <expression>", description: "five or six cron fields" },
      { flags: "--tz <zone>", description: "time zone of --cron, e.g. Europe/Berlin" },
      { flags: "--message <text>", description: "what to tell the agent, in a conversation of its own" },
      { flags: "--system-event <text>", description: "what to tell the main conversation" },
      {
        flags: "--wake <when>",
        description: "whether a system event is said at once or waits for the next heartbeat",
        choices: ["now", "next-heartbeat"],
        default: "now",
      },
      { flags: "--agent <id>", description: "agent that does it" },
      { flags: "--model <ref>", description: "provider/model of the turn" },
      { flags: "--thinking <level>", description: "how much to think" },
      { flags: "--channel <id>", description: "announce the answer on this channel" },
      { flags: "--to <target>", description: "announce the answer to this person or chat" },
      { flags: "--disabled", description: "add it switched off" },
      json,
    ],
    load: () => import("./add.ts"),
  },
  ...(["enable", "disable"] as const).map((word): CommandDefinition => ({
    path: ["cron", word],
    summary: `Switch a job ${word === "enable" ? "on" : "off"}`,
    examples: [{ line: `openclaw cron ${word} brief`, does: "by name" }],
    args: [job],
    options: [json],
    load: async () => (await import("./switch.ts"))[word],
  })),
  {
    path: ["cron", "rm"],
    summary: "Remove a job",
    examples: [{ line: "openclaw cron rm brief", does: "by name" }],
    args: [job],
    options: [json],
    load: () => import("./remove.ts"),
  },
  {
    path: ["cron", "run"],
    summary: "Run a job now",
    examples: [
      { line: "openclaw cron run brief", does: "whether it is due or not" },
      { line: "openclaw cron run brief --due", does: "only if it is due" },
    ],
    args: [job],
    options: [{ flags: "--due", description: "only if it is due" }, json],
    load: () => import("./run-now.ts"),
  },
  {
    path: ["cron", "runs"],
    summary: "Past runs of a job",
    examples: [{ line: "openclaw cron runs brief --limit 5", does: "the last five" }],
    args: [job],
    options: [{ flags: "--limit <n>", description: "at most so many (default 50)" }, json],
    load: () => import("./runs.ts"),
  },
];
