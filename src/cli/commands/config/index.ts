import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const path = { name: "<path>", description: "key, e.g. gateway.port or agents.list[0].name" };

export const definitions: CommandDefinition[] = [
  {
    path: ["config", "get"],
    summary: "Print one value, defaults included",
    description:
      "Prints the bare value of one key as it is in effect: text as it is, anything else as JSON. Without a path the whole configuration, secrets hidden.",
    examples: [
      { line: "openclaw config get gateway.port", does: "the port in effect" },
      { line: "openclaw config get --explain gateway.port", does: "where that value comes from" },
    ],
    args: [{ name: "[path]", description: path.description }],
    options: [
      { flags: "--explain", description: "say where the value comes from and what it shadows" },
      json,
    ],
    load: () => import("./get.ts"),
  },
  {
    path: ["config", "set"],
    summary: "Set one value",
    description:
      "Sets one key in place: comments and everything else in the file stay as they are. Keys that hold text take the value as it is, others take JSON5.",
    examples: [
      { line: "openclaw config set gateway.mode local", does: "text" },
      { line: `openclaw config set tools.allow '["read", "write"]'`, does: "a list" },
      {
        line: "openclaw config set gateway.auth.token --stdin < token.txt",
        does: "a secret, kept out of the process list",
      },
    ],
    args: [path, { name: "[value]", description: "the value; left out with --stdin" }],
    options: [{ flags: "--stdin", description: "read the value from standard input" }, json],
    load: () => import("./set.ts"),
  },
  {
    path: ["config", "unset"],
    summary: "Remove one value, so that its default applies",
    examples: [{ line: "openclaw config unset tools.exec.requireApproval", does: "back to the default" }],
    args: [path],
    options: [json],
    load: () => import("./unset.ts"),
  },
  {
    path: ["config", "validate"],
    summary: "Check the file: errors, unknown keys, old spellings",
    examples: [{ line: "openclaw config validate", does: "exit status 1 when the file is not valid" }],
    options: [json],
    load: () => import("./validate.ts"),
  },
  {
    path: ["config", "schema"],
    summary: "Print the JSON Schema of the file",
    examples: [{ line: "openclaw config schema > openclaw.schema.json", does: "for an editor" }],
    options: [{ flags: "--hints", description: "the hints for forms instead" }],
    load: () => import("./schema.ts"),
  },
  {
    path: ["config", "edit"],
    summary: "Open the file in your editor and check it before it counts",
    examples: [{ line: "EDITOR=nano openclaw config edit", does: "edit, check, save" }],
    load: () => import("./edit.ts"),
  },
  {
    path: ["config", "history"],
    summary: "List earlier versions of the file, newest first",
    examples: [{ line: "openclaw config history --limit 5", does: "the last five" }],
    options: [{ flags: "--limit <n>", description: "how many", default: "20" }, json],
    load: () => import("./history.ts"),
  },
  {
    path: ["config", "diff"],
    summary: "What changed since an earlier version",
    examples: [
      { line: "openclaw config diff", does: "the last change" },
      { line: "openclaw config diff 3fa9c1", does: "since that version" },
      { line: "openclaw config diff 3fa9c1 77b0de", does: "between two versions" },
    ],
    args: [
      {
        name: "[from]",
        description: "beginning of a version's hash; the version before the current one when left out",
      },
      { name: "[to]", description: "the same; the file as it is when left out" },
    ],
    options: [json],
    load: () => import("./diff.ts"),
  },
  {
    path: ["config", "plan"],
    summary: "What a changed file means for the running gateway, key by key",
    description:
      "Says for each changed key whether it counts at once, restarts one part, restarts the gateway in its process, waits, or is outranked by a flag or variable. Changes nothing.",
    examples: [
      { line: "openclaw config plan new.json5", does: "what taking that file up would do" },
      { line: "openclaw config plan", does: "what the file holds that the gateway has not taken up yet" },
    ],
    args: [
      {
        name: "[file]",
        description:
          "a config file to compare with the one in place; without it, the one in place is compared with what the gateway works with",
      },
    ],
    options: [json],
    load: () => import("./plan.ts"),
  },
  {
    path: ["config", "revert"],
    summary: "Bring an earlier version of the file back",
    examples: [{ line: "openclaw config revert 3fa9c1", does: "becomes a new version; nothing is lost" }],
    args: [{ name: "<hash>", description: "beginning of a version's hash, see `openclaw config history`" }],
    options: [json],
    load: () => import("./revert.ts"),
  },
  {
    path: ["config", "path"],
    summary: "Print where the file is",
    examples: [{ line: "openclaw config path", does: "also when it does not exist yet" }],
    load: () => import("./path.ts"),
  },
];
