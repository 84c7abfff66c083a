import type { CommandDefinition } from "./contract.ts";

/** A first word after `openclaw`: enough for the top-level help, without loading any definition. */
export interface Group {
  name: string;
  summary: string;
  section: "Talk" | "Run" | "Look" | "Configure" | "Manage" | "Shell";
  load(): Promise<{ definitions: CommandDefinition[] }>;
}

/** Every command group. `registry.test.ts` keeps it equal to the definitions. */
export const groups: readonly Group[] = [
  {
    name: "agent",
    summary: "Ask the agent and print its answer",
    section: "Talk",
    load: () => import("./commands/agent/index.ts"),
  },
  {
    name: "tui",
    summary: "Chat with the agent in this terminal",
    section: "Talk",
    load: () => import("./commands/tui/index.ts"),
  },
  {
    name: "message",
    summary: "Send, edit, read and find messages of a channel; polls, reactions, threads",
    section: "Talk",
    load: () => import("./commands/message/index.ts"),
  },
  {
    name: "outbox",
    summary: "What is not sent yet or got lost, and what to do about it",
    section: "Talk",
    load: () => import("./commands/outbox/index.ts"),
  },
  {
    name: "directory",
    summary: "Ids of people and groups of a channel",
    section: "Talk",
    load: () => import("./commands/directory/index.ts"),
  },
  {
    name: "sessions",
    summary: "List, show, export, reset and delete conversations",
    section: "Talk",
    load: () => import("./commands/sessions/index.ts"),
  },
  {
    name: "pairing",
    summary: "Let people write to the agent, or not",
    section: "Talk",
    load: () => import("./commands/pairing/index.ts"),
  },
  {
    name: "approvals",
    summary: "See and answer what agents ask permission for",
    section: "Talk",
    load: () => import("./commands/approvals/index.ts"),
  },
  {
    name: "browser",
    summary: "The browser agents use: its tabs, pages and pictures",
    section: "Manage",
    load: () => import("./commands/browser/index.ts"),
  },
  {
    name: "gateway",
    summary: "Run the gateway in the foreground or as a service, ask and call it",
    section: "Run",
    load: () => import("./commands/gateway/index.ts"),
  },
  {
    name: "dashboard",
    summary: "Open the web page, or print how to get in",
    section: "Run",
    load: () => import("./commands/dashboard/index.ts"),
  },
  {
    name: "status",
    summary: "Summary of this installation and its gateway",
    section: "Look",
    load: () => import("./commands/status/index.ts"),
  },
  {
    name: "health",
    summary: "Health of the running gateway",
    section: "Look",
    load: () => import("./commands/health/index.ts"),
  },
  {
    name: "logs",
    summary: "Read and follow the gateway's log",
    section: "Look",
    load: () => import("./commands/logs/index.ts"),
  },
  {
    name: "why",
    summary: "What happened to a message, run or session, and by which rule",
    section: "Look",
    load: () => import("./commands/why/index.ts"),
  },
  {
    name: "connect-test",
    summary: "Walk the way to a gateway and name what is wrong",
    section: "Look",
    load: () => import("./commands/connect-test/index.ts"),
  },
  {
    name: "doctor",
    summary: "Find what is wrong with this installation, and repair it",
    section: "Look",
    load: () => import("./commands/doctor/index.ts"),
  },
  {
    name: "security",
    summary: "Check how this installation could be misused",
    section: "Look",
    load: () => import("./commands/security/index.ts"),
  },
  {
    name: "diagnostics",
    summary: "Write a report for whoever helps you",
    section: "Look",
    load: () => import("./commands/diagnostics/index.ts"),
  },
  {
    name: "onboard",
    summary: "Set everything up, question by question",
    section: "Configure",
    load: () => import("./commands/onboard/index.ts"),
  },
  {
    name: "setup",
    summary: "Create state directory, configuration and workspace",
    section: "Configure",
    load: () => import("./commands/setup/index.ts"),
  },
  {
    name: "configure",
    summary: "Change what was set up, question by question",
    section: "Configure",
    load: () => import("./commands/configure/index.ts"),
  },
  {
    name: "config",
    summary: "Read and change the configuration",
    section: "Configure",
    load: () => import("./commands/config/index.ts"),
  },
  {
    name: "migrate",
    summary: "Take over an older installation: plan, apply, undo",
    section: "Configure",
    load: () => import("./commands/migrate/index.ts"),
  },
  {
    name: "models",
    summary: "Models and the logins they need",
    section: "Configure",
    load: () => import("./commands/models/index.ts"),
  },
  {
    name: "agents",
    summary: "The agents of this gateway",
    section: "Manage",
    load: () => import("./commands/agents/index.ts"),
  },
  {
    name: "sandbox",
    summary: "Where tools of sandboxed sessions execute: list, explain, make anew",
    section: "Manage",
    load: () => import("./commands/sandbox/index.ts"),
  },
  {
    name: "skills",
    summary: "What agents can be taught, and what that needs",
    section: "Manage",
    load: () => import("./commands/skills/index.ts"),
  },
  {
    name: "channels",
    summary: "State of the chat channels",
    section: "Manage",
    load: () => import("./commands/channels/index.ts"),
  },
  {
    name: "cron",
    summary: "Scheduled jobs",
    section: "Manage",
    load: () => import("./commands/cron/index.ts"),
  },
  {
    name: "devices",
    summary: "Paired devices and pairing requests",
    section: "Manage",
    load: () => import("./commands/devices/index.ts"),
  },
  {
    name: "qr",
    summary: "Let a phone or another machine in: a code to scan",
    section: "Manage",
    load: () => import("./commands/qr/index.ts"),
  },
  {
    name: "nodes",
    summary: "Connected execution hosts",
    section: "Manage",
    load: () => import("./commands/nodes/index.ts"),
  },
  {
    name: "node",
    summary: "Lend this machine to a gateway, as a node",
    section: "Manage",
    load: () => import("./commands/node/index.ts"),
  },
  {
    name: "system",
    summary: "Presence, system events and heartbeats",
    section: "Manage",
    load: () => import("./commands/system/index.ts"),
  },
  {
    name: "backup",
    summary: "Back up this installation, and restore it",
    section: "Manage",
    load: () => import("./commands/backup/index.ts"),
  },
  {
    name: "reset",
    summary: "Remove configuration, logins and conversations, with a backup first",
    section: "Manage",
    load: () => import("./commands/reset/index.ts"),
  },
  {
    name: "uninstall",
    summary: "Remove the service and everything OpenClaw keeps on this machine",
    section: "Manage",
    load: () => import("./commands/uninstall/index.ts"),
  },
  {
    name: "update",
    summary: "Install another version, with a way back",
    section: "Manage",
    load: () => import("./commands/update/index.ts"),
  },
  {
    name: "completion",
    summary: "Print the completion script of a shell",
    section: "Shell",
    load: () => import("./commands/completion/index.ts"),
  },
  {
    name: "docs",
    summary: "List the documentation that came with this version",
    section: "Shell",
    load: () => import("./commands/docs/index.ts"),
  },
];

export function findGroup(name: string): Group | undefined {
  return groups.find((group) => group.name === name);
}

/** Every definition of every group, in the order of the groups. Loads metadata only, no bodies. */
export async function allDefinitions(): Promise<CommandDefinition[]> {
  const loaded = await Promise.all(groups.map((group) => group.load()));
  return loaded.flatMap((group) => group.definitions);
}
