import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { truncate } from "../../terminal.ts";
import { askBrowser, tabIn } from "./request.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const answer = await askBrowser(context, { method: "GET", path: "/tabs" });
  if (flag(options, "json")) return out.json(answer);
  const tabs = Array.isArray(answer["tabs"]) ? answer["tabs"] : [];
  if (tabs.length === 0) return out.line("No tabs.");
  out.table(
    tabs.map(tabIn).map(({ id, session, url, title }) => ({
      tab: id,
      conversation: session,
      address: truncate(url, 60),
      title: truncate(title, 40),
    })),
  );
};
