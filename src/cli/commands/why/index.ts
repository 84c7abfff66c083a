import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["why"],
    summary: "What happened to a message, run or session, and by which rule",
    description: "Reads the ledger: works beside a running gateway and without one.",
    examples: [
      { line: "openclaw why 6c31…", does: "a run or idempotency key" },
      { line: "openclaw why agent:main:main", does: "a whole conversation" },
      { line: "openclaw why telegram:123456789", does: "why a sender is not answered" },
    ],
    args: [{ name: "<id>", description: "message id, run id, idempotency key or session key" }],
    options: [{ flags: "--json", description: "everything that is recorded, as JSON" }],
    load: () => import("./why.ts"),
  },
];
