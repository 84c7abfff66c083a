import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const device = { name: "<deviceId>", description: "device id, or its unambiguous beginning" };
const role = {
  flags: "--role <role>",
  description: "which of the device's tokens",
  choices: ["operator", "node"],
  default: "operator",
};

export const definitions: CommandDefinition[] = [
  {
    path: ["devices", "list"],
    summary: "Paired devices and pairing requests",
    examples: [{ line: "openclaw devices list", does: "both lists" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["devices", "approve"],
    summary: "Let a device in",
    examples: [{ line: "openclaw devices approve bc4ed6dc", does: "by request id" }],
    args: [{ name: "<requestId>", description: "request id, or its unambiguous beginning" }],
    options: [json],
    load: () => import("./approve.ts"),
  },
  {
    path: ["devices", "reject"],
    summary: "Refuse a pairing request",
    examples: [{ line: "openclaw devices reject bc4ed6dc", does: "by request id" }],
    args: [{ name: "<requestId>", description: "request id, or its unambiguous beginning" }],
    options: [json],
    load: () => import("./reject.ts"),
  },
  {
    path: ["devices", "rotate"],
    summary: "Give a device a new token; the old one stops working",
    examples: [{ line: "openclaw devices rotate 8a5a7237", does: "its operator token" }],
    args: [device],
    options: [role, json],
    load: () => import("./rotate.ts"),
  },
  {
    path: ["devices", "revoke"],
    summary: "Take a device's token away",
    examples: [{ line: "openclaw devices revoke 8a5a7237 --role node", does: "its node token" }],
    args: [device],
    options: [role, json],
    load: () => import("./revoke.ts"),
  },
  {
    path: ["devices", "rename"],
    summary: "Call a device something else",
    examples: [
      { line: 'openclaw devices rename 8a5a7237 "kitchen tablet"', does: "for lists and questions" },
    ],
    args: [device, { name: "<name>", description: "64 characters at most" }],
    options: [json],
    load: () => import("./rename.ts"),
  },
  {
    path: ["devices", "remove"],
    summary: "Forget a device; it is put out and has to be paired anew",
    description:
      "What to do about a lost device. One that knows the gateway's token can ask again: change the token too (`openclaw config set gateway.auth.token`).",
    examples: [{ line: "openclaw devices remove 8a5a7237", does: "with all of its tokens" }],
    args: [device],
    options: [json],
    load: () => import("./remove.ts"),
  },
];
