import type { CommandBody } from "../../contract.ts";
import { flag, integer, text } from "../../options.ts";
import { printable } from "../../terminal.ts";
import { askBrowser, tabIn, tellNotes } from "./request.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const tab = text(options, "tab");
  const maxChars = integer(options, "maxChars", { min: 100, max: 200_000, default: 20_000 });
  const query = { maxChars, ...(tab === undefined ? {} : { tab }) };
  const answer = await askBrowser(context, { method: "GET", path: "/snapshot", query });
  if (flag(options, "json")) return out.json(answer);
  const shown = tabIn(answer["tab"]);
  out.note(`${shown.id}  ${shown.url}`);
  tellNotes(context, answer);
  out.line(printable(typeof answer["text"] === "string" ? answer["text"] : ""));
  if (answer["cut"] === true) out.note("There is more: --max-chars 200000");
};
