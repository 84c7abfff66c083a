import * as dialects from "./dialects.ts";
import { parseMarkdown } from "./parse.ts";
import { renderBlocks } from "./render.ts";

// What the assistant says is CommonMark; here it is written in a platform's own format. The gateway loads this on first use:
// its lexer is the largest thing an answer needs.
export { renderStyled } from "./styled.ts";

const byName = {
  "telegram-html": dialects.telegramHtml,
  discord: dialects.discord,
  slack: dialects.slack,
  whatsapp: dialects.whatsapp,
  plain: dialects.plain,
} as const;

export type DialectName = keyof typeof byName;

/**
 * The assistant's markdown in a platform's format. Total: any text, finished or not, gives valid markup in which
 * every word of it is read as that word. Words never become markup or a mention of somebody.
 */
export function renderMarkdown(markdown: string, dialect: DialectName): string {
  return renderBlocks(parseMarkdown(markdown), byName[dialect]);
}
