import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["security", "audit"],
    summary: "Check how this installation could be misused",
    description:
      "Looks at authentication, bind, channel policies, tools, permissions and logins. Every finding says what was seen, how to mend it and how to take that back. Exit status 1 while something critical is left.",
    examples: [
      { line: "openclaw security audit", does: "from the files alone, in well under a second" },
      { line: "openclaw security audit --deep", does: "also knocks at the running gateway" },
      {
        line: "openclaw security audit --fix",
        does: "tightens permissions and policies; `openclaw doctor undo` takes it back",
      },
    ],
    options: [
      { flags: "--deep", description: "also try to get into the running gateway without a secret" },
      { flags: "--fix", description: "make the fixes that only narrow something" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./audit.ts"),
  },
];
