import type { World } from "../types.ts";

/** In a terminal of the usual size, as a person has it. */
const inTerminal = (command: string) => `script -qec 'stty cols 100 rows 40; exec ${command}' /dev/null`;
const token = `sk-ant-oat01-${"a".repeat(90)}`;

/** What asks. */
export const terminal: World = {
  name: "terminal",
  what: "a configuration; commands that ask run in a terminal (script), up to their first question",
  machine: "namespace",
  config: { gateway: { mode: "local" }, models: { detectLocal: false } },
  cases: [
    ...[
      ["openclaw onboard", /An agent acts/],
      ["openclaw onboard --install-daemon", /An agent acts/],
      ["openclaw onboard --gateway-bind lan --gateway-auth token", /An agent acts/],
      ["openclaw onboard --gateway-bind lan --gateway-auth token --accept-risk", /How much to ask/],
      ["openclaw --profile dev onboard --install-daemon", /An agent acts/],
      ["openclaw configure", /What do you want to change/],
    ].map(([command, until]) => ({
      command: String(command),
      run: inTerminal(String(command)),
      until: until as RegExp,
      exit: 130,
    })),
    {
      command:
        "OPENCLAW_STATE_DIR=~/.openclaw-rescue openclaw --profile rescue onboard --gateway-port 19001 --workspace ~/.openclaw/workspace-rescue",
      run: `export OPENCLAW_STATE_DIR=~/.openclaw-rescue; ${inTerminal("openclaw --profile rescue onboard --gateway-port 19001 --workspace ~/.openclaw/workspace-rescue")}`,
      until: /An agent acts/,
      exit: 130,
    },
    { command: "openclaw models auth", exit: 2, stderr: ["openclaw models auth <command>", "paste-token"] },
    {
      command: "openclaw models auth add",
      run: inTerminal("openclaw models auth add"),
      until: /Which provider\?/,
      exit: 130,
    },
    {
      command: "openclaw models auth login",
      run: inTerminal("openclaw models auth login"),
      until: /Which provider\?/,
      exit: 130,
    },
    {
      command: "openclaw models auth setup-token --provider anthropic",
      stdin: `${token}\n`,
      stdout: ["Stored login anthropic:default (token)"],
      never: [token],
      note: "the token comes from `claude setup-token`, here from standard input",
    },
    {
      command: "openclaw models auth paste-token --provider anthropic",
      stdin: `${token}\n`,
      stdout: ["Stored login anthropic:default (token)"],
      never: [token],
    },
  ],
};
