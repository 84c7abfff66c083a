import type { World } from "../types.ts";

/** Several gateways on one machine. */
export const profiles: World = {
  name: "profiles",
  what: "an empty home",
  machine: "namespace",
  cases: [
    {
      command: "openclaw onboard --non-interactive --accept-risk",
      stdout: [/Config: +\S+\/\.openclaw\/openclaw\.json/, "AGENTS.md", "openclaw dashboard"],
    },
    { command: "openclaw --dev setup", stdout: [".openclaw-dev"] },
    { command: "openclaw --dev gateway --allow-unconfigured", until: /Gateway started.*19001/ },
    {
      command: "openclaw --dev health",
      exit: 1,
      stderr: ["start it with `openclaw --dev gateway`"],
      note: "no gateway runs then",
    },
    { command: "openclaw --dev status", stdout: [/Profile: +dev/] },
    { command: "openclaw --profile dev setup", stdout: [".openclaw-dev"] },
    { command: "openclaw --profile dev status", stdout: [/Profile: +dev/] },
    {
      command: "openclaw --profile rescue gateway --port 19789",
      exit: 1,
      stderr: ["Gateway start blocked: set gateway.mode=local"],
      note: "as the documents say of a profile that nobody configured",
    },
  ],
};
