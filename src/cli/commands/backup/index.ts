import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const file = { name: "<file>", description: "an archive of `openclaw backup create`" };
const passphrase =
  "The passphrase is asked for on a terminal, else read from OPENCLAW_BACKUP_PASSPHRASE or standard input.";

export const definitions: CommandDefinition[] = [
  {
    path: ["backup", "create"],
    summary: "Back up this installation, also while its gateway runs",
    description: `Writes one .tar.gz with database and conversations of one moment, and a manifest; logs, caches and lock files are left out. Plain \`tar -C "$HOME" -xzf\` unpacks it. It holds your logins: keep it as safe as them. ${passphrase}`,
    examples: [
      { line: "openclaw backup create", does: "everything, into ~/openclaw-backups" },
      {
        line: "openclaw backup create --minimal --output keys.tar.gz",
        does: "configuration and logins only",
      },
      { line: "openclaw backup create --encrypt < passphrase.txt", does: "encrypted" },
    ],
    options: [
      { flags: "--full", description: "with conversations and workspace (the default)" },
      { flags: "--minimal", description: "configuration and logins only" },
      {
        flags: "-o, --output <file>",
        description: "a new file (default: a name with the time, in ~/openclaw-backups)",
      },
      { flags: "--encrypt", description: "encrypt it with a passphrase" },
      json,
    ],
    load: () => import("./create.ts"),
  },
  {
    path: ["backup", "verify"],
    summary: "Read a backup to the end and compare it with its manifest",
    description: `Exit status 0 when every byte is as it was written. ${passphrase}`,
    examples: [{ line: "openclaw backup verify backup.tar.gz", does: "before you rely on it" }],
    args: [file],
    options: [json],
    load: () => import("./verify.ts"),
  },
  {
    path: ["backup", "list"],
    summary: "List backups, newest first",
    examples: [{ line: "openclaw backup list", does: "those in ~/openclaw-backups" }],
    args: [{ name: "[folder]", description: "another folder" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["backup", "restore"],
    summary: "Put a backup in place of the state directory",
    description: `Checks every byte before anything changes, and starts nothing. Unfinished messages, unsent replies, channels and scheduled jobs are held until \`openclaw backup release\`, so that two machines never use one login. ${passphrase}`,
    examples: [
      { line: "openclaw backup restore backup.tar.gz", does: "on a machine without state" },
      {
        line: "openclaw backup restore backup.tar.gz --force --yes",
        does: "the present state is moved aside",
      },
      { line: "openclaw backup restore backup.tar.gz --to /tmp/look", does: "somewhere else, to look at it" },
    ],
    args: [file],
    options: [
      { flags: "--to <folder>", description: "restore here instead of the state directory" },
      { flags: "--force", description: "move what is there aside" },
      { flags: "--release", description: "hold nothing back: this machine takes over at once" },
      { flags: "--yes", description: "do not ask" },
      json,
    ],
    load: () => import("./restore.ts"),
  },
  {
    path: ["backup", "held"],
    summary: "What waits for a release after a restore",
    examples: [{ line: "openclaw backup held", does: "messages and replies that are held" }],
    options: [json],
    load: () => import("./held.ts"),
  },
  {
    path: ["backup", "release"],
    summary: "Let a restored installation speak again",
    description:
      "For a stopped gateway. Held messages are answered and held replies sent at its next start; channels and scheduled jobs start with it. Make sure that the old machine is off.",
    examples: [
      { line: "openclaw backup release", does: "everything goes on" },
      { line: "openclaw backup release --discard", does: "what was held is ended, with its reason recorded" },
    ],
    options: [
      { flags: "--discard", description: "answer and send nothing of what is held" },
      { flags: "--yes", description: "do not ask" },
      json,
    ],
    load: () => import("./release.ts"),
  },
];
