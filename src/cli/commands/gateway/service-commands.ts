import type { CommandDefinition, OptionDefinition } from "../../contract.ts";

const common: OptionDefinition[] = [
  { flags: "--json", description: "the result as JSON" },
  { flags: "--dry-run", description: "show the commands and files; change nothing" },
  { flags: "--system", description: "the service of the machine instead of yours (Linux, root)" },
];

/** The gateway as a service of the operating system. */
export const serviceCommands: CommandDefinition[] = [
  {
    path: ["gateway", "install"],
    summary: "Install the gateway as a service and start it",
    description:
      "Writes the definition for launchd, systemd or the Windows task scheduler, loads it and starts it. Doing it again changes nothing; --force replaces a definition that differs, and removes services of older names on the same state. When `sentinel` in the configuration names somebody to tell, a timer that looks at the gateway is installed beside it.",
    examples: [
      { line: "openclaw gateway install", does: "a service of your own, started at login or boot" },
      { line: "openclaw gateway install --dry-run", does: "see the definition and the commands first" },
      { line: "openclaw gateway install --force", does: "after moving, updating or changing the port" },
      {
        line: "sudo openclaw gateway install --system --user openclaw",
        does: "a service of the machine, as its own user",
      },
      {
        line: "openclaw --profile work gateway install --port 19002",
        does: "a second gateway beside the first",
      },
    ],
    options: [
      { flags: "--port <n>", description: "port in the service's command line" },
      {
        flags: "--runtime <name>",
        description: "what runs it; bun is not recommended",
        choices: ["node", "bun"],
      },
      {
        flags: "--token <token>",
        description: "token for the service alone; normally it stays in the configuration",
      },
      { flags: "--force", description: "replace what is installed" },
      { flags: "--no-start", description: "install only" },
      { flags: "--user <name>", description: "with --system: the account it runs as" },
      { flags: "--group <name>", description: "with --system: its group, the account's own by default" },
      {
        flags: "--sentinel",
        description: "the sentinel's timer too, also when nobody is configured to be told yet",
      },
      { flags: "--no-sentinel", description: "without the sentinel's timer" },
      { flags: "--without-logon", description: "Windows: start at boot, without anybody logging on" },
      ...common,
    ],
    load: () => import("./install.ts"),
  },
  {
    path: ["gateway", "uninstall"],
    summary: "Stop the service and remove its definition, and the sentinel's timer",
    description: "Configuration, conversations and everything else in the state directory stay.",
    examples: [{ line: "openclaw gateway uninstall", does: "remove the service" }],
    options: common,
    load: () => import("./uninstall.ts"),
  },
  {
    path: ["gateway", "start"],
    summary: "Start the installed service",
    examples: [{ line: "openclaw gateway start", does: "start it; nothing happens when it runs" }],
    options: common,
    load: () => import("./start.ts"),
  },
  {
    path: ["gateway", "stop"],
    summary: "Stop the service; it stays stopped",
    description:
      "Runs in flight reach a recorded step first. Without a service it ends the gateway that runs in the foreground on this state directory.",
    examples: [
      { line: "openclaw gateway stop", does: "stop it until `gateway start`, the next boot or login" },
    ],
    options: common,
    load: () => import("./stop.ts"),
  },
  {
    path: ["gateway", "restart"],
    summary: "Restart the service",
    description:
      "One step of the supervisor: when the new process does not come up the exit status says so, and the job stays loaded. Without a service the gateway in the foreground restarts in place.",
    examples: [
      { line: "openclaw gateway restart", does: "stop and start it" },
      { line: "openclaw gateway restart --force", does: "end a gateway that runs beside the service first" },
    ],
    options: [
      { flags: "--force", description: "end another gateway that holds this state directory first" },
      ...common,
    ],
    load: () => import("./restart.ts"),
  },
];
