import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["channels", "status"],
    summary: "State of every channel account",
    description: "Exit status 0 when the gateway answered, also with no channel at all.",
    examples: [
      { line: "openclaw channels status", does: "as last known" },
      { line: "openclaw channels status --probe", does: "asks the services now" },
    ],
    options: [
      { flags: "--probe", description: "ask the services now" },
      { flags: "--json", description: "as JSON" },
      { flags: "--timeout <ms>", description: "how long a probe may take", default: "10000" },
    ],
    load: () => import("./status.ts"),
  },
];
