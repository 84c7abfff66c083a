import type { NotRun } from "../types.ts";

const wizard = "pending: issue 5 (setup wizard)";

/** Commands of parts that are still being built. */
export const notBuilt: readonly NotRun[] = [
  ...[
    "openclaw onboard",
    "openclaw onboard --install-daemon",
    "openclaw onboard --non-interactive --accept-risk",
    "openclaw onboard --gateway-bind lan --gateway-auth token",
    "openclaw onboard --gateway-bind lan --gateway-auth token --accept-risk",
    "openclaw --profile dev onboard --install-daemon",
    "OPENCLAW_STATE_DIR=~/.openclaw-rescue openclaw --profile rescue onboard --gateway-port 19001 --workspace ~/.openclaw/workspace-rescue",
    "openclaw configure",
  ].map((command) => ({ command, reason: wizard })),
  { command: "openclaw channels login", reason: "pending: issue 4 (channel logins)" },
  {
    command: 'openclaw --profile dev message send --target +1234567890 --message "Test"',
    reason: "pending: issue 4 (a channel that can send to a telephone number)",
  },
  { command: "openclaw sandbox recreate", reason: "pending: issue 4 (sandbox images)" },
];
