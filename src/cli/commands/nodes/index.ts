import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const node = { name: "<node>", description: "node id, its unambiguous beginning, or its name" };

export const definitions: CommandDefinition[] = [
  {
    path: ["nodes", "list"],
    summary: "Paired and connected nodes",
    examples: [{ line: "openclaw nodes list", does: "connected ones first" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["nodes", "status"],
    summary: "Paired and connected nodes",
    examples: [{ line: "openclaw nodes status", does: "the same as `nodes list`" }],
    options: [json],
    hidden: true,
    load: () => import("./list.ts"),
  },
  {
    path: ["nodes", "describe"],
    summary: "What a node is and what it can do",
    examples: [{ line: "openclaw nodes describe 2baba1fe", does: "capabilities and commands" }],
    args: [node],
    options: [json],
    load: () => import("./describe.ts"),
  },
  {
    path: ["nodes", "invoke"],
    summary: "Run a command on a node",
    examples: [
      {
        line: `openclaw nodes invoke laptop system.which --params '{"bins": ["git"]}'`,
        does: "and print its answer as JSON",
      },
    ],
    args: [node, { name: "<command>", description: "command the node offers, e.g. system.which" }],
    options: [
      { flags: "--params <json>", description: "parameters as a JSON object" },
      { flags: "--timeout <ms>", description: "how long the node may take", default: "30000" },
    ],
    load: () => import("./invoke.ts"),
  },
];
