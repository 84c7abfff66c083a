import { UserError } from "../core/errors.ts";

export interface StartGuardInput {
  mode: "local" | "remote" | undefined;
  configExists: boolean;
  allowUnconfigured: boolean;
  /** A token or password came from the environment: the container case (CONF-59). */
  secretFromEnvironment: boolean;
}

/**
 * Whether a gateway may start here (CFG-007, CONF-59). Returns a note for the log when it starts without being told to.
 * @throws UserError GATEWAY_START_BLOCKED
 */
export function guardStart(input: StartGuardInput): string | null {
  if (input.mode === "local") return null;
  if (input.mode === undefined) {
    if (input.allowUnconfigured) return "gateway.mode is not set; running because of --allow-unconfigured";
    if (!input.configExists && input.secretFromEnvironment) {
      return "no configuration file; acting as a local gateway because the environment brings a secret";
    }
  }
  throw new UserError("GATEWAY_START_BLOCKED", "Gateway start blocked: set gateway.mode=local", {
    hint:
      input.mode === "remote"
        ? "this machine is configured to use a remote gateway; to run one here: openclaw config set gateway.mode local"
        : "openclaw setup   (or: openclaw config set gateway.mode local)",
  });
}
