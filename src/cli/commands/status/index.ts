import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["status"],
    summary: "Summary of this installation and its gateway",
    description:
      "Works without the gateway too: it then shows what the gateway last wrote down about itself. Secrets are masked, so the output may be shared.",
    examples: [
      { line: "openclaw status", does: "summary" },
      { line: "openclaw status --all", does: "everything, with the end of the log" },
      { line: "openclaw status --deep", does: "with live checks of channels and models" },
    ],
    options: [
      { flags: "--all", description: "full diagnosis with the end of the log" },
      { flags: "--deep", description: "probe channels and models through the gateway" },
      { flags: "--json", description: "as JSON" },
      { flags: "--timeout <ms>", description: "wait so long for the gateway", default: "10000" },
    ],
    load: () => import("./status.ts"),
  },
];
