import { OpenClawError } from "../core/errors.ts";
import type { CommandContext } from "./contract.ts";
import { findGroup } from "./registry.ts";

/**
 * Runs another command of this program, as if it had been typed: how a command that is made of others reaches them.
 * @throws what that command throws
 */
export async function runCommand(
  context: CommandContext,
  path: readonly [string, ...string[]],
  options: Record<string, unknown>,
): Promise<number> {
  const group = await findGroup(path[0])?.load();
  const definition = group?.definitions.find((each) => each.path.join(" ") === path.join(" "));
  if (!definition) throw new OpenClawError("COMMAND_UNKNOWN", `there is no command ${path.join(" ")}`);
  const { run } = await definition.load();
  return (await run(context, [], options)) ?? 0;
}
