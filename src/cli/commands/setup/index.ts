import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["setup"],
    summary: "Create state directory, configuration and workspace",
    description:
      "Makes what a gateway needs on this machine and leaves everything that is there as it is: the state directory, a configuration with gateway.mode=local and a new token, and a workspace for the agent. Run it as often as you like.",
    examples: [
      { line: "openclaw setup", does: "for the default profile" },
      {
        line: "openclaw --profile work setup --workspace ~/work-agent",
        does: "another profile, its own workspace",
      },
    ],
    options: [
      { flags: "--workspace <dir>", description: "folder the agent works in" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./setup.ts"),
  },
];
