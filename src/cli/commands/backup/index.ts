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
    path: ["backup", "schedule"],
    summary: "Make backups by themselves, also while the gateway is down",
    description:
      "Without a setting it shows the schedule and what came of it. A timer of the service manager (systemd, launchd, Task Scheduler) looks every ten minutes whether a backup is due; each one is read back to its last byte, and only then are older ones of the schedule removed.",
    examples: [
      {
        line: "openclaw backup schedule --every 1d --keep 14",
        does: "every day, the last fourteen are kept",
      },
      {
        line: 'openclaw backup schedule --cron "17 3 * * *" --to /mnt/backups --key-file ~/.backup-key',
        does: "at 3:17, elsewhere, encrypted",
      },
      { line: "openclaw backup schedule", does: "schedule, last backup, last failure, next" },
      { line: "openclaw backup schedule --off", does: "stop it; the archives stay" },
    ],
    options: [
      { flags: "--every <duration>", description: "e.g. 1d, 12h; 15m at least" },
      { flags: "--cron <expression>", description: "five fields, local time" },
      { flags: "--keep <n>", description: "how many verified backups are kept (14)" },
      { flags: "--to <folder>", description: "where they go (~/openclaw-backups)" },
      { flags: "--full", description: "with conversations and workspace (the default)" },
      { flags: "--minimal", description: "configuration and logins only" },
      {
        flags: "--key-file <file>",
        description: "encrypt; the passphrase is the first line of this file of mode 0600",
      },
      { flags: "--plain", description: "do not encrypt any more" },
      { flags: "--off", description: "remove schedule and timer" },
      { flags: "--dry-run", description: "show what would be changed; change nothing" },
      json,
    ],
    load: () => import("./schedule.ts"),
  },
  {
    path: ["backup", "run"],
    summary: "Make the scheduled backup now, and remove older ones",
    description: "What the timer runs. Exit status 1 when it failed; `openclaw backup schedule` shows why.",
    examples: [
      { line: "openclaw backup run", does: "now" },
      { line: "openclaw backup run --if-due", does: "from cron, every ten minutes" },
    ],
    options: [{ flags: "--if-due", description: "only when the schedule says so" }, json],
    load: () => import("./run.ts"),
  },
  {
    path: ["backup", "restore"],
    summary: "Put a backup in place of the state directory",
    description: `Checks every byte before anything changes, and starts nothing unless --boot is given. Unfinished messages, unsent replies, channels and scheduled jobs are held until \`openclaw backup release\`, so that two machines never use one login. ${passphrase}`,
    examples: [
      { line: "openclaw backup restore backup.tar.gz", does: "on a machine without state" },
      {
        line: "openclaw backup restore backup.tar.gz --force --yes",
        does: "the present state is moved aside",
      },
      {
        line: "openclaw backup restore backup.tar.gz --boot",
        does: "restore, migrate, install the service, start it, wait until it answers",
      },
      { line: "openclaw backup restore backup.tar.gz --to /tmp/look", does: "somewhere else, to look at it" },
    ],
    args: [file],
    options: [
      { flags: "--to <folder>", description: "restore here instead of the state directory" },
      { flags: "--force", description: "move what is there aside" },
      { flags: "--release", description: "hold nothing back: this machine takes over at once" },
      {
        flags: "--boot",
        description: "then make it run: as a service, or here where there is no service manager",
      },
      { flags: "--foreground", description: "with --boot: run the gateway here, without a service" },
      { flags: "--yes", description: "do not ask" },
      json,
    ],
    // A gateway that runs here ends as it wants to.
    ownSignals: (options) => options["boot"] === true,
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
