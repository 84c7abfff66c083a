import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["dashboard"],
    summary: "Print the address of the web page, with its token",
    description:
      "The address holds the token: treat it like a password. It is only printed; a browser is not started, because its command line would show the token to other users.",
    examples: [{ line: "openclaw dashboard", does: "open what it prints in a browser" }],
    options: [
      { flags: "--no-open", description: "accepted for compatibility: nothing is opened anyway" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./dashboard.ts"),
  },
];
