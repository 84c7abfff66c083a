import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["reset"],
    summary: "Remove configuration, logins and conversations, with a backup first",
    description:
      "Scopes: `config` removes the configuration file; `config+creds+sessions` also logins, .env, conversations and what runs or waits; `full` the whole state directory with the workspace in it. A backup is written first, and the program and its service stay. Stop the gateway before.",
    examples: [
      { line: "openclaw reset --dry-run", does: "what would be removed" },
      { line: "openclaw reset --scope config+creds+sessions --yes", does: "without asking" },
    ],
    options: [
      { flags: "--scope <scope>", description: "config (the default), config+creds+sessions or full" },
      { flags: "--no-backup", description: "without a backup" },
      { flags: "--dry-run", description: "list what would be removed; remove nothing" },
      { flags: "--yes", description: "do not ask" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./reset.ts"),
  },
];
