import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["logs"],
    summary: "Read and follow the gateway's log",
    description:
      "Asks the running gateway. When it is down, the last lines of its log file are printed, and the error names the file.",
    examples: [
      { line: "openclaw logs --limit 50", does: "the last 50 lines" },
      { line: "openclaw logs --follow", does: "and what comes, until Ctrl-C" },
      { line: "openclaw logs --limit 200 --json", does: "as JSON records, one a line" },
    ],
    options: [
      { flags: "-f, --follow", description: "keep printing new lines" },
      { flags: "--limit <n>", description: "how many lines (default 200)" },
      { flags: "--tail <n>", description: "the same as --limit" },
      { flags: "--json", description: "the records as they are stored" },
      { flags: "--plain", description: "no colours" },
      { flags: "--interval <ms>", description: "how often to ask with --follow", default: "1000" },
    ],
    load: () => import("./logs.ts"),
  },
];
