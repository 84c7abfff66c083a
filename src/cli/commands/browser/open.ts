import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { askBrowser, tabIn, tellNotes } from "./request.ts";

export const run: CommandBody = async (context, [url = ""], options) => {
  const { out } = context;
  const answer = await askBrowser(context, { method: "POST", path: "/tabs/open", body: { url } });
  if (flag(options, "json")) return out.json(answer);
  const tab = tabIn(answer);
  out.line(`${tab.id}  ${tab.url}  ${tab.title}`.trimEnd());
  tellNotes(context, answer);
};
