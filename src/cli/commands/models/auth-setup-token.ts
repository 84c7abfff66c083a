import { UsageError, UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { askSecret, isInteractive } from "./ask-secret.ts";
import { openDesk, profileName, reportStored, requiredProvider } from "./desk.ts";

const prefix = "sk-ant-oat";
/** How long such a token lasts, by Anthropic's documentation of `claude setup-token`. */
const lifeMs = 365 * 86_400_000;

export const run: CommandBody = async (context, _args, options) => {
  const provider = requiredProvider(options);
  if (provider !== "anthropic") {
    throw new UsageError(`${provider} has no setup tokens; only anthropic has`, {
      hint: `openclaw models auth add --provider ${provider}`,
    });
  }
  if (isInteractive(context)) {
    context.out.note("Run this where the program `claude` is installed, and paste what it prints:");
    context.out.note("  claude setup-token");
  }
  const desk = await openDesk(context);
  const secret = await askSecret(context, "Setup token");
  if (!secret.reveal().startsWith(prefix)) {
    throw new UserError("CREDENTIAL_INVALID", `a setup token begins with ${prefix}; this does not`, {
      hint: "make one: claude setup-token",
    });
  }
  const expiresAt = context.clock.now() + lifeMs;
  const login = desk.add({ provider, ...profileName(options), secret, kind: "token", expiresAt });
  reportStored(context, options, login);
};
