import type { CommandDefinition, OptionDefinition } from "../../contract.ts";

const target: OptionDefinition[] = [
  { flags: "--url <url>", description: "gateway to serve: ws://… or wss://…" },
  {
    flags: "--setup-code <code>",
    description: "what `openclaw qr` printed on the gateway: its address, and a way in that works once",
  },
  { flags: "--host <host>", description: "its host, instead of --url" },
  { flags: "--port <n>", description: "its port, with --host; 18789 unless given" },
  { flags: "--tls", description: "wss:, with --host" },
  { flags: "--tls-fingerprint <sha256>", description: "the certificate the gateway must show" },
  { flags: "--display-name <name>", description: "what this machine is called at the gateway" },
  { flags: "--share <folder>", description: "let the gateway's operators read this folder", many: true },
  { flags: "--share-write <folder>", description: "let them change it too", many: true },
  { flags: "--no-shares", description: "share no folder any more" },
];

export const definitions: CommandDefinition[] = [
  {
    path: ["node", "run"],
    summary: "Lend this machine's commands and folders to a gateway",
    description:
      "Connects to a gateway as a node and stays connected. What may run here is decided here: tools.exec in this machine's configuration and its exec-approvals.json. A command that needs a person's word is asked about at the gateway. What is given is remembered in node.json, so a later start needs no options; secrets are not.",
    examples: [
      {
        line: "openclaw node run --setup-code eyJ1cmwi…",
        does: "made by `openclaw qr --node` on the gateway",
      },
      { line: "openclaw node run --host gateway.lan", does: "then on the gateway: openclaw nodes approve" },
      { line: "openclaw node run --share ~/photos", does: "with a folder that may be read" },
    ],
    options: [
      ...target,
      {
        flags: "--token <token>",
        description:
          "the gateway's token, for the first connection; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
      },
      { flags: "--password <password>", description: "or its password; OPENCLAW_GATEWAY_PASSWORD" },
    ],
    load: () => import("./run.ts"),
  },
  {
    path: ["node", "status"],
    summary: "Which gateway this machine serves, and whether it is connected",
    examples: [{ line: "openclaw node status", does: "also its node id" }],
    options: [{ flags: "--json", description: "as JSON" }],
    load: () => import("./status.ts"),
  },
];
