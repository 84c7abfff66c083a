import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const watching = [
  {
    flags: "--restart <how>",
    description:
      "service: through the service manager (the default); signal: end the gateway, its supervisor starts it again",
    choices: ["service", "signal"],
  },
  { flags: "--start-timeout <seconds>", description: "how long a start may take (default 60)" },
];

export const definitions: CommandDefinition[] = [
  {
    path: ["update"],
    summary: "Install another version, try it, and switch to it",
    description:
      "Fetches a version into a folder of its own, compares it with its published digest, starts it on a copy of the state without channels, and only then switches and restarts the service. It is watched for a minute; when it fails, the version before comes back by itself. A checkout or an installation by npm is never changed: --slots makes the folders.",
    examples: [
      { line: "openclaw update --dry-run", does: "what would be done" },
      { line: "openclaw update", does: "to the newest stable version" },
      { line: "openclaw update --slots", does: "the first time, beside an installation by npm" },
      { line: "openclaw update --tag 2026.11.21 --downgrade", does: "to an older version" },
    ],
    options: [
      {
        flags: "--channel <name>",
        description: "stable, beta or dev; update.channel when absent",
        choices: ["stable", "beta", "dev"],
      },
      { flags: "--tag <version>", description: "this version, or a tag of the registry" },
      { flags: "--slots", description: "make the folders for versions, where there are none yet" },
      { flags: "--downgrade", description: "also to an older version" },
      { flags: "--dry-run", description: "only say what would be done" },
      ...watching,
      { flags: "--watch <seconds>", description: "how long the new version is watched (default 60)" },
      { flags: "--yes", description: "do not ask" },
      { flags: "--report <file>", description: "write how far it is to this file", hidden: true },
      { flags: "--switch-delay <ms>", description: "wait so long before switching", hidden: true },
      json,
    ],
    load: () => import("./update.ts"),
  },
  {
    path: ["update", "status"],
    summary: "Which versions are installed, and how the last update ended",
    examples: [{ line: "openclaw update status", does: "also while an update runs" }],
    options: [json],
    load: () => import("./status.ts"),
  },
  {
    path: ["update", "rollback"],
    summary: "Go back to the version before the last update",
    description:
      "What was written since the update stays: the ledger is brought back to the form the older version knows, and the newer file is kept beside it.",
    examples: [{ line: "openclaw update rollback", does: "and restart the service" }],
    options: [...watching, json],
    load: () => import("./rollback.ts"),
  },
  {
    path: ["update", "commit"],
    summary: "Remove the version before, and its copy of the ledger",
    examples: [{ line: "openclaw update commit", does: "when you are content with the new version" }],
    options: [json],
    load: () => import("./commit.ts"),
  },
  {
    path: ["update", "settle"],
    summary: "Finish an update whose process is dead; the launcher calls it",
    examples: [{ line: "openclaw update settle", does: "before the gateway starts" }],
    options: [...watching, json],
    hidden: true,
    load: () => import("./settle.ts"),
  },
];
