import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const place = [
  { flags: "--channel <channel>", description: "only this channel" },
  { flags: "--account <account>", description: "only this account of the channel" },
];
const code = [
  { name: "<code>", description: "pairing code; or the channel, and the code behind it" },
  { name: "[code-of-channel]", description: "the code, when the channel stands before it" },
];

export const definitions: CommandDefinition[] = [
  {
    path: ["pairing", "list"],
    summary: "Who asks to write to the agent, and who may",
    examples: [
      { line: "openclaw pairing list", does: "all channels" },
      { line: "openclaw pairing list --channel telegram", does: "one of them" },
    ],
    args: [{ name: "[channel]", description: "same as --channel" }],
    options: [...place, json],
    load: () => import("./list.ts"),
  },
  {
    path: ["pairing", "approve"],
    summary: "Let somebody write to the agent",
    description: "Takes effect with their next message. A code works once, for an hour.",
    examples: [
      { line: "openclaw pairing approve K7QX2MPA", does: "the stranger who was given this code" },
      { line: "openclaw pairing approve K7QX2MPA --notify", does: "and tell them" },
      {
        line: "openclaw pairing approve K7QX2MPA --owner",
        does: "that is you: commands, approvals and all tools from that chat",
      },
    ],
    args: code,
    options: [
      ...place,
      { flags: "--owner", description: "this person is the owner of the gateway" },
      { flags: "--notify", description: "send them a message" },
      json,
    ],
    load: () => import("./approve.ts"),
  },
  {
    path: ["pairing", "reject"],
    summary: "Refuse somebody who asked",
    examples: [{ line: "openclaw pairing reject K7QX2MPA", does: "the code is worth nothing any more" }],
    args: code,
    options: [...place, json],
    load: () => import("./reject.ts"),
  },
  {
    path: ["pairing", "revoke"],
    summary: "Take an approval back",
    examples: [{ line: "openclaw pairing revoke 123456789 --channel telegram", does: "by sender id" }],
    args: [{ name: "<senderId>", description: "id as `pairing list` shows it" }],
    options: [...place, json],
    load: () => import("./revoke.ts"),
  },
];
