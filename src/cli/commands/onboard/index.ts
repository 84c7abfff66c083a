import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["onboard"],
    summary: "Set everything up, question by question",
    description:
      "Asks for model, channels and service (and with the advanced flow for network, login and folders), tries what you enter, shows what it will do, and only then writes. Esc goes back one question; Ctrl-C stops, and the next `openclaw onboard` goes on there. Answers given as options are not asked. Run it as often as you like: what is set up stays as it is, and a token is never replaced.",
    examples: [
      { line: "openclaw onboard", does: "in a terminal" },
      { line: "openclaw onboard --install-daemon", does: "and install the gateway as a service" },
      {
        line: "openclaw onboard --non-interactive --accept-risk",
        does: "in scripts and containers: defaults, no questions",
      },
      {
        line: "openclaw onboard --gateway-bind lan --gateway-auth token --accept-risk",
        does: "a server that other machines reach",
      },
    ],
    options: [
      { flags: "--non-interactive", description: "ask nothing: options and defaults decide" },
      { flags: "--accept-risk", description: "an agent acts on this machine, and that is understood" },
      { flags: "--flow <flow>", description: "how much to ask: quickstart or advanced" },
      { flags: "--mode <mode>", description: "local, or remote to use a gateway elsewhere" },
      { flags: "--remote-url <url>", description: "address of the remote gateway" },
      { flags: "--remote-token <token>", description: "its token" },
      {
        flags: "--model-source <source>",
        description: "keep, builtin, login:<provider> or server:<provider>",
      },
      { flags: "--provider <id>", description: "vendor of --api-key" },
      {
        flags: "--api-key <key>",
        description:
          "key of that vendor (visible to other users while this runs; a variable such as ANTHROPIC_API_KEY is not)",
      },
      { flags: "--anthropic-api-key <key>", description: "key of Anthropic" },
      { flags: "--openai-api-key <key>", description: "key of OpenAI" },
      { flags: "--gemini-api-key <key>", description: "key of Google Gemini" },
      { flags: "--openrouter-api-key <key>", description: "key of OpenRouter" },
      { flags: "--gateway-port <n>", description: "TCP port of the gateway" },
      { flags: "--gateway-bind <mode>", description: "loopback, lan, tailnet, auto or custom" },
      { flags: "--gateway-auth <mode>", description: "token, password or off" },
      { flags: "--gateway-token <token>", description: "instead of one that is made" },
      { flags: "--gateway-password <password>", description: "for --gateway-auth password" },
      { flags: "--workspace <dir>", description: "folder the agent works in" },
      { flags: "--install-daemon", description: "install and start the gateway as a service" },
      { flags: "--no-install-daemon", description: "do not, and do not ask" },
      {
        flags: "--reset [scope]",
        description:
          "first remove what is there, with a backup: config, config+creds+sessions (the default) or full",
      },
      { flags: "--lang <language>", description: "en or ja, instead of the terminal's locale" },
      { flags: "--start-over", description: "forget where an earlier onboarding stopped" },
      { flags: "--json", description: "as JSON (with --non-interactive)" },
    ],
    load: () => import("./onboard.ts"),
  },
];
