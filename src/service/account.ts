import { UserError } from "../core/errors.ts";
import type { ServiceHost } from "./contract.ts";
import { checkAccountName } from "./grammar.ts";
import { createRunner } from "./runner.ts";

/**
 * An account of this machine, local or from a directory, with its home and main group.
 * @throws UserError SERVICE_VALUE_INVALID, ACCOUNT_UNKNOWN
 */
export async function lookUpAccount(
  host: ServiceHost,
  user: string,
): Promise<{ user: string; group: string; home: string }> {
  checkAccountName(user);
  const runner = createRunner(host, { dry: false });
  const entry = (await runner.ask(["getent", "passwd", user]))?.stdout.split("\n")[0]?.split(":") ?? [];
  const group = (await runner.ask(["id", "-gn", user]))?.stdout.trim() ?? "";
  const home = entry[5] ?? "";
  if (entry[0] !== user || !home.startsWith("/") || group === "") {
    throw new UserError("ACCOUNT_UNKNOWN", `there is no account ${JSON.stringify(user)} on this machine`, {
      hint: `sudo useradd --system --create-home --shell /usr/sbin/nologin ${user}`,
    });
  }
  return { user, group, home };
}
