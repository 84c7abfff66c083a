import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const node = { name: "<node>", description: "node id, its unambiguous beginning, or its name" };
const request = { name: "<requestId>", description: "request id, or its unambiguous beginning" };

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
  {
    path: ["nodes", "run"],
    summary: "Run a program on a node and print its output",
    description:
      "Exit status is the program's. Whether it may run is the node's own policy; when that wants a person's word, this command waits for it.",
    examples: [
      { line: "openclaw nodes run laptop -- git status", does: "what stands behind -- goes to the node" },
      { line: "openclaw nodes run laptop --cwd /srv -- ls -l", does: "in a folder of the node" },
    ],
    args: [node, { name: "<command...>", description: "program and arguments, without a shell" }],
    options: [
      { flags: "--cwd <folder>", description: "folder of the node; its home unless given" },
      { flags: "--env <pair>", description: "NAME=value; names the node's owner allowed", many: true },
      { flags: "--timeout <seconds>", description: "how long it may run", default: "60" },
      json,
    ],
    load: () => import("./run.ts"),
  },
  {
    path: ["nodes", "rename"],
    summary: "Give a node another name",
    examples: [{ line: "openclaw nodes rename 2baba1fe workshop", does: "shown everywhere from now on" }],
    args: [node, { name: "<name>", description: "its new name" }],
    options: [json],
    load: () => import("./rename.ts"),
  },
  {
    path: ["nodes", "pending"],
    summary: "Nodes that ask to be let in",
    examples: [{ line: "openclaw nodes pending", does: "those waiting for `nodes approve`" }],
    options: [json],
    load: () => import("./pending.ts"),
  },
  {
    path: ["nodes", "approve"],
    summary: "Let a node in",
    examples: [{ line: "openclaw nodes approve bc4ed6dc", does: "by request id" }],
    args: [request],
    options: [json],
    load: () => import("./approve.ts"),
  },
  {
    path: ["nodes", "reject"],
    summary: "Refuse a node",
    examples: [{ line: "openclaw nodes reject bc4ed6dc", does: "by request id" }],
    args: [request],
    options: [json],
    load: () => import("./reject.ts"),
  },
  {
    path: ["nodes", "policy"],
    summary: "Show or replace what a node lets be run",
    description:
      "The exec-approvals.json of the node's own machine: security, ask and the allowlist per agent. It can only narrow what tools.exec allows there.",
    examples: [
      { line: "openclaw nodes policy laptop", does: "print it" },
      { line: "openclaw nodes policy laptop --set policy.json", does: "replace it by a file" },
    ],
    args: [node],
    options: [
      { flags: "--set <file>", description: "JSON document that takes its place; - reads standard input" },
    ],
    load: () => import("./policy.ts"),
  },
];
