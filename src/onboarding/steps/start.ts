import type { Step } from "../contract.ts";
import { isLocal, textOf } from "./sight.ts";

/** What is here, what it means, and how much to ask (WIZ-001, WIZ-002, WIZ-010, WIZ-014). */
export const startSteps: Step[] = [
  {
    id: "welcome",
    section: "start",
    kind: "note",
    title: "What was found",
    message({ facts }) {
      const { config } = facts;
      return [
        `Node ${facts.node} on ${facts.platform}: fine.`,
        `State of profile ${facts.profile}: ${facts.stateDir}`,
        config.exists
          ? `Configuration: ${facts.configPath}. What it says is kept unless you answer otherwise.`
          : `Configuration: none yet; ${facts.configPath} will be made.`,
        "Nothing is written before you confirm at the end.",
      ].join("\n");
    },
  },
  {
    id: "risk",
    section: "start",
    kind: "confirm",
    title: "An agent acts",
    message: () =>
      "An agent can read and write files and run programs on this machine, and what people or pages tell it can mislead it. It asks before it runs anything, and strangers are not let in, until you change that. Go on?",
    initial: () => false,
    validate: (value) => (value === true ? null : "without this nothing is set up (--accept-risk says yes)"),
    flag: "--accept-risk",
  },
  {
    id: "flow",
    section: "start",
    kind: "select",
    title: "How much to ask",
    message: () => "Quick start takes the safe defaults. Everything can be changed later: openclaw configure",
    choices: () => [
      { value: "quickstart", label: "Quick start", hint: "model, channels, service" },
      { value: "advanced", label: "Advanced", hint: "also port, network, login, folders" },
    ],
    initial: () => "quickstart",
    flag: "--flow",
  },
  {
    id: "mode",
    section: "start",
    kind: "select",
    title: "Where the gateway runs",
    message: () => "This machine can run the gateway, or only be used to reach one elsewhere.",
    choices: () => [
      { value: "local", label: "On this machine" },
      { value: "remote", label: "Elsewhere", hint: "only its address is set up here" },
    ],
    initial: ({ facts }) => facts.config.mode ?? "local",
    when: ({ facts }) => facts.surface !== "web",
    advanced: true,
    flag: "--mode",
  },
  {
    id: "remote.url",
    section: "start",
    kind: "text",
    title: "Address of the gateway",
    message: () =>
      "Its WebSocket address, with wss:// unless it is reached through a tunnel on this machine.",
    placeholder: "wss://gateway.example:443",
    initial: ({ facts }) => facts.config.remoteUrl ?? "",
    when: (sight) => !isLocal(sight),
    validate(value) {
      const url = typeof value === "string" ? URL.parse(value) : null;
      return url && /^wss?:$/.test(url.protocol) && url.username === ""
        ? null
        : `${JSON.stringify(value)} is not an address such as wss://gateway.example:443`;
    },
    flag: "--remote-url",
  },
  {
    id: "remote.token",
    section: "start",
    kind: "text",
    title: "Token of that gateway",
    message: ({ facts }) =>
      `On the gateway's machine: openclaw config get gateway.auth.token${facts.config.hasRemoteToken ? ". Leave it empty to keep the one that is set." : ""}`,
    sensitive: true,
    optional: true,
    initial: () => "",
    when: (sight) => !isLocal(sight) && textOf(sight, "remote.url") !== "",
    flag: "--remote-token",
  },
];
