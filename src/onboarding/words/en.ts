import type { Facts } from "../contract.ts";

/** Everything the wizard says, in English. The other languages have the same shape: what is missing does not compile. */
export const en = {
  steps: {
    welcome: {
      title: "What was found",
      message: ({ node, platform, profile, stateDir, configPath, config }: Facts): string =>
        [
          `Node ${node} on ${platform}: fine.`,
          `State of profile ${profile}: ${stateDir}`,
          config.exists
            ? `Configuration: ${configPath}. What it says is kept unless you answer otherwise.`
            : `Configuration: none yet; ${configPath} will be made.`,
          "Nothing is written before you confirm at the end.",
        ].join("\n"),
    },
    risk: {
      title: "An agent acts",
      message:
        "An agent can read and write files and run programs on this machine, and what people or pages tell it can mislead it. It asks before it runs anything, and strangers are not let in, until you change that. Go on?",
    },
    flow: {
      title: "How much to ask",
      message: "Quick start takes the safe defaults. Everything can be changed later: openclaw configure",
      quickstart: { label: "Quick start", hint: "model, channels, service" },
      advanced: { label: "Advanced", hint: "also port, network, login, folders" },
    },
    mode: {
      title: "Where the gateway runs",
      message: "This machine can run the gateway, or only be used to reach one elsewhere.",
      local: "On this machine",
      remote: { label: "Elsewhere", hint: "only its address is set up here" },
    },
    remoteUrl: {
      title: "Address of the gateway",
      message: "Its WebSocket address, with wss:// unless it is reached through a tunnel on this machine.",
    },
    remoteToken: {
      title: "Token of that gateway",
      message: (isSet: boolean): string =>
        `On the gateway's machine: openclaw config get gateway.auth.token${isSet ? ". Leave it empty to keep the one that is set." : ""}`,
    },
    model: {
      title: "Model",
      message: "Who thinks for the agent. A key is tried at once, with a request that costs nothing.",
      keep: (model: string) => ({ label: `Keep ${model}`, hint: "configured" }),
      found: (source: string): string => `key found: ${source}`,
      server: (name: string): string => `${name} on this machine`,
      key: { label: "Enter a key", hint: "of Anthropic, OpenAI, Google, …" },
      builtin: { label: "Built-in model", hint: "offline, no key; remembers and answers simply" },
    },
    provider: { title: "Whose key", message: "The vendor the key is from. It is sent to this vendor only." },
    key: {
      title: "The key",
      message: (vendor: string): string =>
        `API key of ${vendor}. It is stored encrypted in the state directory, not in the configuration.`,
    },
    modelName: { title: "Which model", message: "The model agents use unless told otherwise." },
    port: { title: "Port", message: "One TCP port carries everything: web page, clients, webhooks." },
    bind: {
      title: "Who can reach it",
      message:
        "Loopback is enough for this machine, SSH tunnels and Tailscale Serve. Other machines need lan or tailnet, and a login.",
      loopback: "This machine only",
      lan: { label: "All networks of this machine", hint: "0.0.0.0; containers need this" },
      tailnet: "The tailnet",
      auto: "Loopback, or all networks where that cannot be",
      custom: (address: string): string =>
        `One address (gateway.customBindHost${address === "" ? "" : `: ${address}`})`,
    },
    auth: {
      title: "How clients log in",
      message:
        "A token is made for you. Also on loopback something is needed: any page in your browser can knock there.",
      token: { label: "Token", hint: "recommended" },
      password: "Password",
      off: { label: "Nothing", hint: "loopback only" },
    },
    token: {
      title: "Token",
      message: (isSet: boolean): string =>
        isSet ? "Leave it empty to keep the one that is set." : "Leave it empty and one is made.",
    },
    password: {
      title: "Password",
      message: (isSet: boolean): string =>
        isSet ? "Leave it empty to keep the one that is set." : "At least 10 characters.",
    },
    channels: {
      title: "Channels",
      message:
        "Where you write to the agent beside the web page. None is fine; add one later: openclaw channels add. Strangers are asked for a pairing code before the agent hears them.",
      configured: "configured",
      login: (command: string): string => `then: ${command}`,
    },
    credential: {
      title: (channel: string, credential: string): string => `${channel}: ${credential}`,
      needed: "It is written into the configuration file.",
      optional: "Leave it empty when you have none.",
    },
    workspace: {
      title: "Workspace",
      message:
        "The folder the agent works in, with AGENTS.md, SOUL.md and MEMORY.md. Files that are there stay as they are.",
    },
    skills: {
      title: "Skills",
      message:
        "Instructions found in the workspace and the state directory. Those you leave out are not offered to the agent.",
      needs: (missing: string): string => `needs ${missing}`,
    },
    service: {
      title: "Start with this machine",
      message: (installed: boolean): string =>
        installed
          ? "The gateway is installed as a service already. Install it again as it should be now?"
          : "Installed as a service the gateway starts with this machine and comes back after a crash.",
    },
    hello: {
      title: "First message",
      message: "Sent to the agent when everything is set up. Leave it empty for none.",
      initial: "Hello! Who are you, and what can you do?",
    },
    review: { title: "What will be done", question: "Do this now?" },
  },
  problems: {
    nothingLeft: "there is nothing left to answer",
    answerNeeded: "an answer is needed",
    yesOrNo: "answer yes or no",
    textNeeded: "a text is needed",
    listNeeded: "a list is needed",
    badText: "that is too long, or holds control characters",
    notOneOf: (value: string, allowed: string): string => `${value} is not one of ${allowed}`,
    risk: "without this nothing is set up (--accept-risk says yes)",
    address: (value: string): string => `${value} is not an address such as wss://gateway.example:443`,
    key: "a key is one word of at least 8 printable characters",
    port: (value: string): string => `${value} is not a port from 1 to 65535`,
    bindHost: "custom needs an address first: openclaw config set gateway.customBindHost 192.0.2.10",
    authOff: (bind: string): string =>
      `a gateway that others can reach (${bind}) needs a login: token or password`,
    atLeast: (characters: number): string => `give at least ${characters} characters`,
    wholePath: "give a whole path, from / or ~",
    review: "go back to change an answer, or stop here",
    /** A channel's own words about one of its settings. */
    setting: (key: string, message: string): string => `${key}: ${message}`,
  },
  trials: {
    fine: "It works: the provider accepts this key.",
    refused: (why: string): string => `The provider does not accept this key: ${why}`,
    untried: (why: string): string => `It could not be tried: ${why}`,
    missing: (provider: string): string => `there is no key of ${provider}`,
    unreadable: (why: string): string => `The stored key cannot be read: ${why}`,
  },
  plan: {
    nothing: (file: string): string => `${file} stays as it is`,
    write: (file: string): string => `Write ${file}:`,
    entered: "with what you entered",
    yours: "(yours)",
    fresh: "(new)",
    store: (provider: string): string => `Store the key of ${provider}, encrypted`,
    keep: (provider: string): string =>
      `Store the key of ${provider}, which a service would not find in your shell`,
    workspace: (folder: string): string => `Make what is missing in ${folder}`,
    service: "Install and start the service",
  },
};

export type Words = typeof en;
