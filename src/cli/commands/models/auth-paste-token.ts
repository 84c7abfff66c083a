import type { CommandBody } from "../../contract.ts";
import { integer } from "../../options.ts";
import { askSecret } from "./ask-secret.ts";
import { openDesk, profileName, reportStored, requiredProvider } from "./desk.ts";

const dayMs = 86_400_000;

export const run: CommandBody = async (context, _args, options) => {
  const provider = requiredProvider(options);
  const days = integer(options, "expiresInDays", { min: 1, max: 3650 });
  const desk = await openDesk(context);
  const secret = await askSecret(context, `Token for ${provider}`);
  const login = desk.add({
    provider,
    ...profileName(options),
    secret,
    // A key pasted here by mistake is told by its prefix, else it would go into the wrong header.
    ...(!secret.reveal().startsWith("sk-ant-api") && { kind: "token" as const }),
    ...(days !== undefined && { expiresAt: context.clock.now() + days * dayMs }),
  });
  reportStored(context, options, login);
};
