import { renderMarkdown } from "../text/index.ts";

/** The assistant's markdown as the HTML subset of the Bot API. */
export function toHtml(markdown: string): string {
  return renderMarkdown(markdown, "telegram-html");
}
