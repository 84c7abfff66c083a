import { UserError } from "../../core/errors.ts";

/** Where an account's keys stand in the configuration. */
export function accountPath(channel: string, account: string): string {
  return `channels.${channel}${account === "default" ? "" : `.accounts.${account}`}`;
}

/** UserError CHANNEL_CONFIG for the first problem of an account's keys; undefined when there is none. */
export function wrongConfig(
  at: { channel: string; account: string },
  problems: ReadonlyArray<{ key: string; message: string }>,
): UserError | undefined {
  const [problem] = problems;
  if (!problem) return undefined;
  const path = `${accountPath(at.channel, at.account)}.${problem.key}`;
  return new UserError("CHANNEL_CONFIG", `${path}: ${problem.message}`, {
    hint: `openclaw config set ${path} <value>`,
  });
}
