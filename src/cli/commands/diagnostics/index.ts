import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["diagnostics", "bundle"],
    summary: "Write one archive for whoever helps you, without secrets and conversations",
    description:
      "Status, health, configuration with every secret replaced, what doctor finds, the end of the log, versions, a listing with modes, counts of the database. Works with the gateway down. Names of sessions, message texts and file contents are not in it; look into it before you send it all the same.",
    examples: [
      { line: "openclaw diagnostics bundle", does: "into your home directory" },
      { line: "openclaw diagnostics bundle --output report.tar.gz", does: "somewhere else" },
    ],
    options: [
      { flags: "-o, --output <file>", description: "a new file" },
      { flags: "--json", description: "what was written, as JSON" },
    ],
    load: () => import("./bundle.ts"),
  },
];
