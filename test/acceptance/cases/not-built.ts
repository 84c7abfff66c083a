import type { NotRun } from "../types.ts";

/** Commands of parts that are still being built. */
export const notBuilt: readonly NotRun[] = [
  { command: "openclaw channels login", reason: "pending: issue 4 (channel logins)" },
  {
    command: 'openclaw --profile dev message send --target +1234567890 --message "Test"',
    reason: "pending: issue 4 (a channel that can send to a telephone number)",
  },
];
