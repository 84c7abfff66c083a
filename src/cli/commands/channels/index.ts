import type { CommandDefinition, OptionDefinition } from "../../contract.ts";

const channel: OptionDefinition = { flags: "--channel <id>", description: "which channel" };
const account: OptionDefinition = {
  flags: "--account <id>",
  description: "which account of it",
  default: "default",
};
const json: OptionDefinition = { flags: "--json", description: "as JSON" };

export const definitions: CommandDefinition[] = [
  {
    path: ["channels", "list"],
    summary: "Channels of this version, and the accounts that are configured",
    examples: [{ line: "openclaw channels list", does: "what there is" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["channels", "status"],
    summary: "State of every channel account",
    description: "Exit status 0 when the gateway answered, also with no channel at all.",
    examples: [
      { line: "openclaw channels status", does: "as last known" },
      { line: "openclaw channels status --probe", does: "asks the services now" },
    ],
    options: [
      { flags: "--probe", description: "ask the services now" },
      json,
      { flags: "--timeout <ms>", description: "how long a probe may take", default: "10000" },
    ],
    load: () => import("./status.ts"),
  },
  {
    path: ["channels", "add"],
    summary: "Configure an account of a channel, and see that it works",
    description:
      "Writes the account into the configuration; a running gateway starts it at once, and what comes of it is told. `openclaw channels list` names the credential each channel wants.",
    examples: [
      { line: "openclaw channels add --channel telegram --token <token>", does: "a bot" },
      {
        line: "openclaw channels add --channel telegram --use-env",
        does: "its token from TELEGRAM_BOT_TOKEN",
      },
      {
        line: "openclaw channels add --channel whatsapp",
        does: "then: openclaw channels login --channel whatsapp",
      },
    ],
    options: [
      channel,
      account,
      { flags: "--name <text>", description: "display name" },
      { flags: "--token <token>", description: "token of the account; --use-env keeps it out of `ps`" },
      { flags: "--bot-token <token>", description: "bot token, where the channel has several" },
      { flags: "--app-token <token>", description: "second token, where the channel has one" },
      { flags: "--signing-secret <secret>", description: "secret the platform signs its requests with" },
      { flags: "--secret <secret>", description: "shared secret" },
      { flags: "--service-url <url>", description: "address of the service" },
      { flags: "--number <number>", description: "own phone number, where the channel has one" },
      { flags: "--set <key=value>", description: "any other key of the account", many: true },
      { flags: "--use-env", description: "refer to environment variables instead of writing secrets down" },
      json,
    ],
    load: () => import("./add.ts"),
  },
  {
    path: ["channels", "remove"],
    summary: "Take an account out of the configuration",
    description: "Its login stays on disk unless you log out first; nothing of its conversations is lost.",
    examples: [{ line: "openclaw channels remove --channel telegram", does: "its only account" }],
    options: [channel, account, json],
    load: () => import("./remove.ts"),
  },
  {
    path: ["channels", "login"],
    summary: "Log in by QR code or pairing code",
    examples: [
      { line: "openclaw channels login", does: "the only one that needs it; shows the code in the terminal" },
      {
        line: "openclaw channels login --channel whatsapp --phone +15551234567",
        does: "with a code to type",
      },
    ],
    options: [
      channel,
      account,
      { flags: "--phone <number>", description: "pair by code with this number instead of by QR" },
      { flags: "--force", description: "anew, although there is a login" },
      json,
    ],
    load: () => import("./login.ts"),
  },
  {
    path: ["channels", "logout"],
    summary: "Log out and remove the login",
    examples: [{ line: "openclaw channels logout --channel whatsapp", does: "the device is unlinked" }],
    options: [channel, account, json],
    load: () => import("./logout.ts"),
  },
  {
    path: ["channels", "capabilities"],
    summary: "What each channel can and cannot do, and why",
    examples: [{ line: "openclaw channels capabilities --channel telegram", does: "of one" }],
    options: [channel, json],
    load: () => import("./capabilities.ts"),
  },
  {
    path: ["channels", "logs"],
    summary: "What the log says about channels",
    examples: [{ line: "openclaw channels logs --channel telegram", does: "of one" }],
    options: [
      channel,
      {
        flags: "--limit <n>",
        description: "how many of the newest log lines to look through",
        default: "2000",
      },
      { flags: "--json", description: "the records as they are stored" },
    ],
    load: () => import("./logs.ts"),
  },
];
