import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { askBrowser, tabIn } from "./request.ts";

export const run: CommandBody = async (context, [tab = ""], options) => {
  const answer = await askBrowser(context, { method: "DELETE", path: `/tabs/${encodeURIComponent(tab)}` });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Closed ${tabIn(answer["closed"]).id}.`);
};
