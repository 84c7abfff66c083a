import type { CommandDefinition } from "../../contract.ts";
import { remoteOptions } from "../../remote-options.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["health"],
    summary: "Health of the running gateway",
    description: "Asks the gateway for its health snapshot. Exit status 0 when healthy, 1 otherwise.",
    examples: [
      { line: "openclaw health", does: "summary" },
      { line: "openclaw health --json", does: "the snapshot, for scripts" },
      { line: "openclaw health --deep", does: "with live checks of channels and models" },
    ],
    options: [
      { flags: "--json", description: "the snapshot as JSON" },
      { flags: "--verbose", description: "probe the channels; show target and config when it fails" },
      { flags: "--deep", description: "check lock, configuration, channels and models too" },
      ...remoteOptions,
    ],
    load: () => import("../../health-report.ts"),
  },
];
