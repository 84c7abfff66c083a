import type { CommandBody } from "../../contract.ts";
import { flag, integer, text } from "../../options.ts";

export const run: CommandBody = async ({ app, paths, env }, _args, options) => {
  const port = integer(options, "port", { min: 1, max: 65_535 });
  const bind = text(options, "bind");
  const token = text(options, "token");
  const tailscale = text(options, "tailscale");
  const { runGateway } = await app();
  return runGateway({
    paths,
    env,
    flags: {
      ...(port === undefined ? {} : { port }),
      ...(bind === undefined ? {} : { bind }),
      ...(token === undefined ? {} : { token }),
      ...(tailscale === undefined ? {} : { tailscale }),
      ...(flag(options, "verbose") ? { verbose: true } : {}),
      ...(flag(options, "force") ? { force: true } : {}),
      ...(flag(options, "allowUnconfigured") ? { allowUnconfigured: true } : {}),
      ...(flag(options, "setup") ? { setup: true } : {}),
    },
  });
};
