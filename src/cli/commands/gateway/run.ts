import type { CommandBody } from "../../contract.ts";
import { OpenClawError } from "../../../core/errors.ts";
import { renderError } from "../../errors.ts";
import { installation } from "../../installation.ts";
import { flag, integer, text } from "../../options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { app, paths, env } = context;
  const port = integer(options, "port", { min: 1, max: 65_535 });
  const bind = text(options, "bind");
  const token = text(options, "token");
  const tailscale = text(options, "tailscale");
  const { runGateway } = await app();
  const running = runGateway({
    paths,
    env,
    installation: installation(),
    flags: {
      ...(port === undefined ? {} : { port }),
      ...(bind === undefined ? {} : { bind }),
      ...(token === undefined ? {} : { token }),
      ...(tailscale === undefined ? {} : { tailscale }),
      ...(flag(options, "verbose") ? { verbose: true } : {}),
      ...(flag(options, "force") ? { force: true } : {}),
      ...(flag(options, "yes") ? { yes: true } : {}),
      ...(flag(options, "allowUnconfigured") ? { allowUnconfigured: true } : {}),
      ...(flag(options, "safe") ? { safe: true } : {}),
      ...(flag(options, "setup") ? { setup: true } : {}),
    },
  });
  // A person gets the ordinary status; a supervisor one that it does not answer with another start.
  if (env.OPENCLAW_SERVICE_KIND !== "gateway") return running;
  return running.catch((error: unknown) => {
    if (!needsAPerson(error)) throw error;
    const { red } = context.out.style;
    context.out.note(
      renderError(error, { json: false, red, verbose: context.globals.verbose }).stderr.trimEnd(),
    );
    return configExitStatus;
  });
};

/** sysexits(3) EX_CONFIG; `RestartPreventExitStatus` of the systemd unit names it. */
const configExitStatus = 78;

/** Configuration, port or secret: starting again changes nothing until somebody mends it. */
function needsAPerson(error: unknown): boolean {
  return (
    error instanceof OpenClawError &&
    /^(?:USAGE|GATEWAY_START_BLOCKED|GATEWAY_RUNNING|PORT_IN_USE|HOME_MISSING|STATE_NEWER|STATE_INSECURE|(?:CONFIG|ENV|BIND|TLS|AUTH_NOT)_.*)$/.test(
      error.code,
    )
  );
}
