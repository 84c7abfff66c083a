import type { CommandContext } from "../../contract.ts";

/** The sandboxes of this machine, closed after `work`. */
export async function withSandboxes<T>(
  context: CommandContext,
  work: (
    desk: Awaited<ReturnType<Awaited<ReturnType<CommandContext["app"]>>["openSandboxes"]>>,
  ) => Promise<T>,
): Promise<T> {
  const { paths, env, openConfig, app } = context;
  const { config } = (await openConfig()).read();
  const desk = await (await app()).openSandboxes({ paths, env, config });
  try {
    return await work(desk);
  } finally {
    await desk.close();
  }
}
