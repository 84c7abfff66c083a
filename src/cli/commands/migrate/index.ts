import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const from = {
  flags: "--from <dir>",
  description: "state directory of the older installation, or a copy of it",
};
const items = { flags: "--items", description: "every single thing with its fate" };

export const definitions: CommandDefinition[] = [
  {
    path: ["migrate", "plan"],
    summary: "What would be taken over from an older installation, and what would stay",
    description:
      "Reads an older state directory (--from, else this one when old files are in it, else ~/.clawdbot or ~/.moltbot) and counts every session, message, job, pairing, device, login and setting. Changes nothing.",
    examples: [
      { line: "openclaw migrate plan", does: "looks in the usual places" },
      {
        line: "openclaw migrate plan --from ~/old-openclaw --items",
        does: "a copy from another machine, in full",
      },
    ],
    options: [from, items, json],
    load: () => import("./plan.ts"),
  },
  {
    path: ["migrate", "apply"],
    summary: "Copy everything over and write a receipt",
    description:
      "Copies; the old directory is never changed. Can be repeated: what is there already is not written again. Not while a gateway runs.",
    examples: [{ line: "openclaw migrate apply --from ~/old-openclaw", does: "takes the copy over" }],
    options: [from, items, json],
    load: () => import("./apply.ts"),
  },
  {
    path: ["migrate", "undo"],
    summary: "Remove exactly what a migration added",
    examples: [{ line: "openclaw migrate undo", does: "takes the newest migration back" }],
    args: [{ name: "[id]", description: "id of the receipt; the newest when absent" }],
    options: [json],
    load: () => import("./undo.ts"),
  },
  {
    path: ["migrate", "receipt"],
    summary: "Show the account of a migration",
    examples: [{ line: "openclaw migrate receipt --items", does: "the newest one, in full" }],
    args: [{ name: "[id]", description: "id of the receipt; the newest when absent" }],
    options: [items, json],
    load: () => import("./receipt.ts"),
  },
];
