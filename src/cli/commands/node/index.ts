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

const login: OptionDefinition[] = [
  {
    flags: "--token <token>",
    description: "the gateway's token, for the first connection; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
  },
  { flags: "--password <password>", description: "or its password; OPENCLAW_GATEWAY_PASSWORD" },
];

const common: OptionDefinition[] = [
  { flags: "--json", description: "the result as JSON" },
  { flags: "--dry-run", description: "show the commands and files; change nothing" },
  { flags: "--system", description: "the service of the machine instead of yours (Linux, root)" },
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
    options: [...target, ...login],
    load: () => import("./run.ts"),
  },
  {
    path: ["node", "status"],
    summary: "Which gateway this machine serves, and whether it is connected",
    examples: [{ line: "openclaw node status", does: "also its node id" }],
    options: [{ flags: "--json", description: "as JSON" }],
    load: () => import("./status.ts"),
  },
  {
    path: ["node", "install"],
    summary: "Install the node host as a service and start it",
    description:
      "Writes the definition for launchd, systemd or the Windows task scheduler, loads it and starts it. Takes what `node run` takes, and what that was told last; it stands in the definition, a secret only in a file beside it that its owner alone can read. Doing it again changes nothing; --force replaces a definition that differs.",
    examples: [
      {
        line: "openclaw node install --setup-code eyJ1cmwi…",
        does: "made by `openclaw qr --node` on the gateway",
      },
      { line: "openclaw node install --dry-run", does: "see the definition and the commands first" },
      { line: "openclaw node install --force --share ~/photos", does: "change what it shares" },
    ],
    options: [
      ...target,
      ...login,
      { flags: "--force", description: "replace what is installed" },
      { flags: "--no-start", description: "install only" },
      { flags: "--user <name>", description: "with --system: the account it runs as" },
      { flags: "--group <name>", description: "with --system: its group, the account's own by default" },
      { flags: "--without-logon", description: "Windows: start at boot, without anybody logging on" },
      ...common,
    ],
    load: () => import("./install.ts"),
  },
  {
    path: ["node", "uninstall"],
    summary: "Stop the node's service and remove its definition",
    description: "node.json and what the gateway gave this node stay: `openclaw node run` goes on with them.",
    examples: [{ line: "openclaw node uninstall", does: "remove the service" }],
    options: common,
    load: () => import("./uninstall.ts"),
  },
  {
    path: ["node", "start"],
    summary: "Start the node's service",
    examples: [{ line: "openclaw node start", does: "start it; nothing happens when it runs" }],
    options: common,
    load: () => import("./start.ts"),
  },
  {
    path: ["node", "stop"],
    summary: "Stop the node's service; it stays stopped",
    examples: [{ line: "openclaw node stop", does: "until `node start`, the next boot or login" }],
    options: common,
    load: () => import("./stop.ts"),
  },
  {
    path: ["node", "restart"],
    summary: "Restart the node's service",
    examples: [{ line: "openclaw node restart", does: "stop and start it" }],
    options: common,
    load: () => import("./restart.ts"),
  },
];
