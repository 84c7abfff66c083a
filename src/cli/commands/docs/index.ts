import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["docs"],
    summary: "List the documentation that came with this version",
    examples: [
      { line: "openclaw docs", does: "every page" },
      { line: "openclaw docs protocol", does: "pages whose name or title holds the word" },
    ],
    args: [{ name: "[topic]", description: "word to look for" }],
    options: [{ flags: "--json", description: "as JSON" }],
    load: () => import("./docs.ts"),
  },
];
