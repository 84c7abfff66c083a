import type { ModelDesk, StoredLogin } from "../../../app/models.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { text } from "../../options.ts";
import { askChoice, askSecret, isInteractive } from "./ask-secret.ts";
import { openDesk, profileName, reportStored, requiredProvider } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const desk = await openDesk(context);
  const login = await loginInBrowser(context, desk, {
    provider: await chosenProvider(context, desk, options),
    ...profileName(options),
  });
  reportStored(context, options, login);
};

/** The provider that was named; on a terminal it is asked for. */
function chosenProvider(context: CommandContext, desk: ModelDesk, options: Record<string, unknown>) {
  if (text(options, "provider") !== undefined || !isInteractive(context)) return requiredProvider(options);
  const vendors = desk.vendors().filter((vendor) => vendor.oauth);
  return askChoice(context, {
    question: "Which provider?",
    options: vendors.map((vendor) => ({ value: vendor.id, label: vendor.name })),
  });
}

/** Shows the address, waits for the browser or the pasted code, and stores the tokens. */
export async function loginInBrowser(
  context: CommandContext,
  desk: ModelDesk,
  login: { provider: string; name?: string },
): Promise<StoredLogin> {
  const { out } = context;
  return desk.login({
    ...login,
    signal: context.signal,
    // On standard error: with --json standard output holds JSON and nothing else.
    show: (url) => {
      out.note("Open this address in a browser and agree:");
      out.note("");
      out.note(`  ${url}`);
      out.note("");
    },
    askCode: async () => (await askSecret(context, "Code shown by the page")).reveal(),
  });
}
