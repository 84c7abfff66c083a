import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk } from "./desk.ts";

export const run: CommandBody = async (context, args, options) => {
  const { out } = context;
  const desk = await openDesk(context);
  const ref = desk.canonical(args[0] ?? "");
  const store = await context.openConfig();
  store.set("agents.defaults.model.primary", ref, { author: "cli", reason: "models set" });
  if (flag(options, "json")) return out.json({ ok: true, primary: ref });
  out.line(`Agents now use ${ref}.`);
  const provider = ref.split("/")[0] ?? "";
  const usable = (await desk.list({ all: false })).some((model) => model.provider === provider);
  if (!usable && !desk.hasLogin(provider))
    out.note(`There is no login for ${provider} yet: openclaw models auth add --provider ${provider}`);
};
