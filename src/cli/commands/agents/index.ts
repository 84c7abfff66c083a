import type { CommandDefinition } from "../../contract.ts";

const list = {
  examples: [{ line: "openclaw agents list", does: "ids, models and workspaces" }],
  options: [{ flags: "--json", description: "as JSON" }],
  load: () => import("./list.ts"),
};

export const definitions: CommandDefinition[] = [
  {
    ...list,
    path: ["agents"],
    summary: "The agents of this gateway",
    examples: [{ line: "openclaw agents --json", does: "ids, models and workspaces as JSON" }],
    description: "Reads the configuration: works without a gateway. With --url the gateway there is asked.",
  },
  { ...list, path: ["agents", "list"], summary: "The agents of this gateway" },
];
