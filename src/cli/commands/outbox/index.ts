import type { CommandDefinition } from "../../contract.ts";

const args = [{ name: "<key>", description: "key of the delivery, as `outbox list` shows it" }];
const json = { flags: "--json", description: "as JSON" };

export const definitions: CommandDefinition[] = [
  {
    path: ["outbox", "list"],
    summary: "Messages that are not sent: waiting, lost, or nobody knows",
    description: "`unknown` asks you: look in the chat whether it arrived, then retry or drop it.",
    examples: [
      { line: "openclaw outbox list", does: "everything that is not sent" },
      { line: "openclaw outbox list --state unknown", does: "what waits for your decision" },
    ],
    options: [
      {
        flags: "--state <state>",
        description: "only these",
        choices: ["pending", "sending", "sent", "dead", "unknown"],
      },
      { flags: "-n, --limit <count>", description: "how many, newest", default: "100" },
      json,
    ],
    load: () => import("./list.ts"),
  },
  {
    path: ["outbox", "show"],
    summary: "One delivery with everything known about it",
    examples: [{ line: "openclaw outbox show <key>", does: "text, tries, last error" }],
    args,
    options: [json],
    load: () => import("./show.ts"),
  },
  {
    path: ["outbox", "retry"],
    summary: "Send a lost or unknown delivery once more",
    examples: [{ line: "openclaw outbox retry <key>", does: "it did not arrive" }],
    args,
    options: [json],
    load: async () => ({ run: (await import("./decide.ts")).retry }),
  },
  {
    path: ["outbox", "drop"],
    summary: "Give a delivery up",
    examples: [{ line: "openclaw outbox drop <key>", does: "it arrived, or is not wanted any more" }],
    args,
    options: [json],
    load: async () => ({ run: (await import("./decide.ts")).drop }),
  },
];
