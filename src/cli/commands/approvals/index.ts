import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };

export const definitions: CommandDefinition[] = [
  {
    path: ["approvals", "list"],
    summary: "What agents wait for permission for",
    examples: [{ line: "openclaw approvals list", does: "pending requests with their exact commands" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["approvals", "approve"],
    summary: "Allow a request",
    examples: [
      { line: "openclaw approvals approve 01jd…", does: "this once" },
      { line: "openclaw approvals approve 01jd… --always", does: "and the same command from now on" },
    ],
    args: [{ name: "<id>", description: "id of the request, or its unambiguous beginning" }],
    options: [{ flags: "--always", description: "allow the same command from now on" }, json],
    load: () => import("./approve.ts"),
  },
  {
    path: ["approvals", "deny"],
    summary: "Refuse a request",
    examples: [{ line: "openclaw approvals deny 01jd…", does: "the agent is told no" }],
    args: [{ name: "<id>", description: "id of the request, or its unambiguous beginning" }],
    options: [json],
    load: () => import("./deny.ts"),
  },
];
