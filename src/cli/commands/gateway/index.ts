import type { CommandDefinition } from "../../contract.ts";
import { remoteOptions } from "../../remote-options.ts";
import { serviceCommands } from "./service-commands.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["gateway"],
    summary: "Run the gateway in the foreground",
    description:
      "Runs the gateway here until Ctrl-C or SIGTERM. What is given on the command line outranks environment and configuration.",
    examples: [
      { line: "openclaw gateway", does: "run it on the configured port, 18789 by default" },
      {
        line: "openclaw gateway --port 19000 --verbose",
        does: "another port, with everything it does on screen",
      },
      { line: "openclaw --dev gateway --allow-unconfigured", does: "the dev profile, without setup" },
    ],
    options: [
      { flags: "--port <n>", description: "port to listen on" },
      {
        flags: "--bind <mode>",
        description: "address to listen on",
        choices: ["loopback", "lan", "tailnet", "custom", "auto"],
      },
      {
        flags: "--token <token>",
        description: "shared token for this run; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
      },
      { flags: "--verbose", description: "debug log on the screen" },
      { flags: "--force", description: "end the gateway that holds the port or the state directory first" },
      { flags: "--yes", description: "with --force: end any other program on the port too" },
      { flags: "--allow-unconfigured", description: "start although gateway.mode is not set" },
      {
        flags: "--safe",
        description: "safe mode: channels, cron and hooks stay off, everything else works",
      },
      {
        flags: "--setup",
        description: "make a first configuration when there is none, and print the dashboard address",
      },
      {
        flags: "--tailscale <mode>",
        description: "Tailscale for this run",
        choices: ["off", "serve", "funnel"],
      },
    ],
    ownSignals: true,
    load: () => import("./run.ts"),
  },
  ...serviceCommands,
  {
    path: ["gateway", "call"],
    summary: "Call a method of the control plane",
    description: "Sends one request to the running gateway and prints the answer as JSON.",
    examples: [
      { line: "openclaw gateway call health", does: "ask for the health snapshot" },
      {
        line: `openclaw gateway call sessions.list --params '{"limit": 5}'`,
        does: "with parameters",
      },
    ],
    args: [{ name: "<method>", description: "name of the method, e.g. sessions.list" }],
    options: [
      { flags: "--params <json>", description: "parameters as a JSON object" },
      { flags: "--json", description: "only JSON on standard output, errors too" },
      { flags: "--expect-final", description: "wait for the second answer of methods that answer twice" },
      ...remoteOptions,
    ],
    load: () => import("./call.ts"),
  },
  {
    path: ["gateway", "health"],
    summary: "Health of the running gateway",
    description: "The same as `openclaw health`. Exit status 0 when healthy, 1 otherwise.",
    examples: [
      { line: "openclaw gateway health", does: "summary" },
      { line: "openclaw gateway health --url ws://10.0.0.5:18789 --token T", does: "of another gateway" },
    ],
    options: [
      { flags: "--json", description: "the snapshot as JSON" },
      { flags: "--verbose", description: "probe the channels; show target and config when it fails" },
      { flags: "--deep", description: "check lock, configuration, channels and models too" },
      ...remoteOptions,
    ],
    load: () => import("../../health-report.ts"),
  },
  {
    path: ["gateway", "probe"],
    summary: "Can the gateway be reached, and how fast",
    description: "Exit status 0 when the gateway answers, 1 when it does not.",
    examples: [
      { line: "openclaw gateway probe", does: "the local gateway" },
      { line: "openclaw gateway probe --url wss://host.example", does: "a remote one" },
    ],
    options: [{ flags: "--json", description: "the result as JSON" }, ...remoteOptions],
    load: () => import("./probe.ts"),
  },
  {
    path: ["gateway", "sentinel"],
    summary: "Watch the gateway from outside and tell you when it is down",
    description:
      "Looks whether the gateway lives, answers and stays up, and tells whom `sentinel` in the configuration names: once when it is dead, hung or looping, once when that is over. A gateway that was stopped on purpose is no alarm. Exit status of --once: 0 when all is well, 1 otherwise.",
    examples: [
      { line: "openclaw gateway sentinel", does: "keep looking, every 15 seconds" },
      { line: "openclaw gateway sentinel --once --json", does: "one look, from a timer" },
    ],
    options: [
      { flags: "--once", description: "look once and end" },
      {
        flags: "--interval <s>",
        description: "seconds between two looks; sentinel.intervalSeconds otherwise",
      },
      { flags: "--json", description: "each look as one line of JSON" },
    ],
    load: () => import("./sentinel.ts"),
  },
  {
    path: ["gateway", "status"],
    summary: "Process, probe, address and configuration of the gateway",
    description:
      "Works whether or not the gateway runs, and reports what it finds with exit status 0: read `runtime` and `probe` of --json in scripts.",
    examples: [
      { line: "openclaw gateway status", does: "the whole block" },
      { line: "openclaw gateway status --json --timeout 10000", does: "for scripts" },
    ],
    options: [
      { flags: "--json", description: "JSON, also when nothing runs" },
      { flags: "--no-probe", description: "do not ask the gateway" },
      { flags: "--deep", description: "look for other gateways and services of this machine too" },
      ...remoteOptions,
    ],
    load: () => import("./status.ts"),
  },
];
