import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import { callGateway } from "../../remote-options.ts";
import { printableLine } from "../../terminal.ts";

/** A browser that starts, and a page that loads, take their time. */
const timeoutMs = 90_000;

/** One request to the browser of the gateway. */
export async function askBrowser(
  context: CommandContext,
  request: { method: "GET" | "POST" | "DELETE"; path: string; query?: object; body?: object },
): Promise<Record<string, unknown>> {
  const answer = await callGateway(context, {
    method: "browser.request",
    params: { ...request, timeoutMs: 60_000 },
    options: { timeout: timeoutMs },
  });
  return isObject(answer) ? answer : {};
}

/** What happened besides, on standard error. */
export function tellNotes(context: CommandContext, answer: Record<string, unknown>): void {
  const notes = Array.isArray(answer["notes"]) ? answer["notes"] : [];
  for (const line of notes) context.out.note(printableLine(String(line)));
}

/** The tab an answer is about. */
export function tabIn(value: unknown): { id: string; url: string; title: string; session: string } {
  const tab = isObject(value) ? value : {};
  const word = (name: string) => printableLine(typeof tab[name] === "string" ? tab[name] : "");
  return { id: word("id"), url: word("url"), title: word("title"), session: word("session") };
}
