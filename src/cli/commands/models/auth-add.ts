import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { text } from "../../options.ts";
import { askChoice, askSecret, isInteractive } from "./ask-secret.ts";
import { openDesk, profileName, reportStored, requiredProvider } from "./desk.ts";
import { loginInBrowser } from "./auth-login.ts";

export const run: CommandBody = async (context, _args, options) => {
  const desk = await openDesk(context);
  if (!isInteractive(context)) {
    const provider = requiredProvider(options);
    const secret = await askSecret(context, `key for ${provider}`);
    return reportStored(context, options, desk.add({ provider, ...profileName(options), secret }));
  }
  const vendors = desk.vendors();
  const provider =
    text(options, "provider")?.toLowerCase() ??
    (await askChoice(context, {
      question: "Which provider?",
      options: vendors.map((vendor) => ({ value: vendor.id, label: vendor.name })),
    }));
  const vendor = vendors.find((one) => one.id === provider);
  const kinds = [
    { value: "key", label: "API key" },
    ...(vendor?.oauth ? [{ value: "oauth", label: "Log in with the browser" }] : []),
    ...(provider === "anthropic" ? [{ value: "token", label: "Token of `claude setup-token`" }] : []),
  ];
  const kind = kinds.length === 1 ? "key" : await askChoice(context, { question: "How?", options: kinds });
  if (kind === "oauth") {
    return reportStored(
      context,
      options,
      await loginInBrowser(context, desk, { provider, ...profileName(options) }),
    );
  }
  const secret = await askSecret(
    context,
    kind === "token" ? "Token" : `API key of ${vendor?.name ?? provider}`,
  );
  if (secret.reveal() === "") throw new UsageError("nothing was pasted");
  const login = desk.add({
    provider,
    ...profileName(options),
    secret,
    ...(kind === "token" && { kind: "token" as const }),
  });
  reportStored(context, options, login);
};
