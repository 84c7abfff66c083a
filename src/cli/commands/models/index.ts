import type { CommandDefinition, OptionDefinition } from "../../contract.ts";

const json: OptionDefinition = { flags: "--json", description: "as JSON" };
const provider: OptionDefinition = {
  flags: "--provider <id>",
  description: "e.g. anthropic, openai, google",
};
const profile: OptionDefinition = {
  flags: "--profile <name>",
  description: "name of the login, when a provider has several (default: default)",
};
const listOptions: OptionDefinition[] = [
  { flags: "--all", description: "all known models, not only those that can be used now" },
  provider,
  json,
];

export const definitions: CommandDefinition[] = [
  {
    path: ["models"],
    summary: "Models that can be used now",
    examples: [{ line: "openclaw models", does: "the models you have a login for" }],
    options: listOptions,
    load: () => import("./list.ts"),
  },
  {
    path: ["models", "list"],
    summary: "Models that can be used now",
    description:
      "Lists models of providers you have a login for, servers found on this machine, and the built-in offline model, which is not a language model.",
    examples: [
      { line: "openclaw models list", does: "what can be used now" },
      { line: "openclaw models list --all --provider openai", does: "everything known of one provider" },
    ],
    options: listOptions,
    load: () => import("./list.ts"),
  },
  {
    path: ["models", "status"],
    summary: "State of every login",
    description:
      "Shows for each login whether it is valid, expired, paused or refused. With --probe each is shown to its provider. Exits with 0 when the question could be answered; with --check only when every login is valid.",
    examples: [
      { line: "openclaw models status", does: "what is known without asking anybody" },
      { line: "openclaw models status --probe --json", does: "ask the providers, for a script" },
    ],
    options: [
      { flags: "--probe", description: "ask each provider whether the login works" },
      { flags: "--check", description: "exit with 1 unless every login is valid" },
      { flags: "--agent <id>", description: "as this agent sees it" },
      json,
    ],
    load: () => import("./status.ts"),
  },
  {
    path: ["models", "set"],
    summary: "Choose the model agents use",
    examples: [
      { line: "openclaw models set anthropic/claude-opus-4-6", does: "by its full name" },
      { line: "openclaw models set sonnet", does: "by a short name" },
    ],
    args: [{ name: "<model>", description: "provider/model, or a short name such as opus, gpt, gemini" }],
    options: [json],
    load: () => import("./set.ts"),
  },
  {
    path: ["models", "scan"],
    summary: "Find model servers on this machine",
    description: "Asks Ollama, LM Studio, llama.cpp and vLLM on their well-known ports for their models.",
    examples: [{ line: "openclaw models scan", does: "which local models are there" }],
    options: [json],
    load: () => import("./scan.ts"),
  },
  {
    path: ["models", "auth", "add"],
    summary: "Add a login: key, token or browser",
    description:
      "Asks which provider and which kind of login. Without a terminal the key is read from standard input. A secret is never taken from the command line, where other programs could read it.",
    examples: [
      { line: "openclaw models auth add", does: "choose and paste" },
      { line: "openclaw models auth add --provider openai < key.txt", does: "in a script" },
    ],
    options: [provider, profile, json],
    load: () => import("./auth-add.ts"),
  },
  {
    path: ["models", "auth", "login"],
    summary: "Log in with the browser (OAuth)",
    examples: [
      { line: "openclaw models auth login --provider anthropic", does: "with your Anthropic account" },
    ],
    options: [provider, profile, json],
    load: () => import("./auth-login.ts"),
  },
  {
    path: ["models", "auth", "paste-token"],
    summary: "Store a token made elsewhere",
    examples: [
      { line: "openclaw models auth paste-token --provider anthropic", does: "repair an expired login" },
      {
        line: "openclaw models auth paste-token --provider anthropic --expires-in-days 365 < t",
        does: "in a script",
      },
    ],
    options: [
      provider,
      profile,
      { flags: "--expires-in-days <n>", description: "when it runs out, so that status can tell" },
      json,
    ],
    load: () => import("./auth-paste-token.ts"),
  },
  {
    path: ["models", "auth", "setup-token"],
    summary: "Store a token of `claude setup-token`",
    description:
      "Such a token lasts a year. It is made on any machine with the program `claude` and pasted here.",
    examples: [
      { line: "openclaw models auth setup-token --provider anthropic", does: "says what to run, then asks" },
    ],
    options: [{ ...provider, default: "anthropic" }, profile, json],
    load: () => import("./auth-setup-token.ts"),
  },
  {
    path: ["models", "auth", "list"],
    summary: "Stored logins, without their secrets",
    examples: [{ line: "openclaw models auth list", does: "which logins there are" }],
    options: [json],
    load: () => import("./auth-list.ts"),
  },
  {
    path: ["models", "auth", "remove"],
    summary: "Delete a stored login",
    description: "Works at once, also for a running gateway. Keys in the environment or the config stay.",
    examples: [
      { line: "openclaw models auth remove --provider openai", does: "the login named default" },
      { line: "openclaw models auth remove --provider openai --profile work", does: "another one" },
    ],
    options: [provider, profile, json],
    load: () => import("./auth-remove.ts"),
  },
];
