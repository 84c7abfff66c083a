import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["uninstall"],
    summary: "Remove the service and everything OpenClaw keeps on this machine",
    description:
      "For this profile: stops and removes its services (gateway, node) and timers, switches lingering off again where nothing else needs it, then its state directory with configuration, logins and conversations. What all profiles share (versions of `openclaw update`, leases of logins) goes with the last of them. Workspaces elsewhere and backups stay. The program is removed with the tool that installed it; its name is printed.",
    examples: [
      { line: "openclaw uninstall --dry-run", does: "everything that would be removed, and what stays" },
      { line: "openclaw uninstall --yes", does: "without asking" },
    ],
    options: [
      { flags: "--dry-run", description: "list it; change nothing" },
      { flags: "--backup", description: "write a backup first" },
      { flags: "--service-only", description: "keep the state directory" },
      { flags: "--workspace", description: "also remove workspaces outside the state directory" },
      {
        flags: "--system",
        description: "the services of the machine instead, and what they keep (Linux, root)",
      },
      { flags: "--yes", description: "do not ask" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./uninstall.ts"),
  },
];
