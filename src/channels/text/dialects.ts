import type { Dialect } from "./render.ts";

/** Takes no room, and stands between a mark and what it would otherwise act on. */
const gap = "\u200b";
/** Looks like a backtick, where two real ones would make code of what lies between. */
const tick = "ˋ";
const markup = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const prefixed = (prefix: string, text: string) =>
  text
    .split("\n")
    .map((line) => prefix + line)
    .join("\n");

/** Telegram's HTML: everything between the tags it knows is escaped. */
export const telegramHtml: Dialect = {
  text: markup,
  lineStart: (line) => line,
  style: (kind, inner) => {
    const tag = { bold: "b", italic: "i", strike: "s" }[kind];
    return `<${tag}>${inner}</${tag}>`;
  },
  code: (words) => `<code>${markup(words)}</code>`,
  link: (inner, { url }) => `<a href="${markup(url).replaceAll('"', "&quot;")}">${inner}</a>`,
  block: ({ text, language }) =>
    language === ""
      ? `<pre>${markup(text)}</pre>`
      : `<pre><code class="language-${language}">${markup(text)}</code></pre>`,
  heading: (inner) => `<b>${inner}</b>`,
  // Quotes cannot be nested there.
  quote: (inner, depth) => (depth === 1 ? `<blockquote>${inner}</blockquote>` : prefixed("&gt; ", inner)),
  bullet: "• ",
  rule: "———",
  styleSpansLines: true,
  seam: "",
};

/** Discord's markdown: a backslash takes the meaning of any mark; `@everyone` is broken as well, should a send allow it. */
export const discord: Dialect = {
  text: (words) =>
    words.replace(/[\\*_~|`<[\]]|(?<=https?):(?=\/\/)/g, "\\$&").replace(/@(?=everyone|here)/g, `@${gap}`),
  lineStart: (line) =>
    line.replace(/^(\s*)(#{1,3}\s|-#|[-+]\s|>)/, "$1\\$2").replace(/^(\s*\d+)(\.\s)/, "$1\\$2"),
  style: (kind, inner) => {
    const mark = { bold: "**", italic: "*", strike: "~~" }[kind];
    return mark + inner + mark;
  },
  code: (words) =>
    words.includes("`") ? `\`\` ${words.replaceAll("``", `\`${gap}\``)} \`\`` : `\`${words}\``,
  link: (inner, { url, words }) =>
    // A label that is an address itself is refused there, or leads people elsewhere than it says.
    words === url ? url : /^(?:https?:|www\.)/i.test(words) ? `${inner} (${url})` : `[${inner}](<${url}>)`,
  block: ({ text, language }) => `\`\`\`${language}\n${text.replaceAll("```", `\`\`${gap}\``)}\n\`\`\``,
  heading: (inner, depth) => `${"#".repeat(Math.min(depth, 3))} ${inner}`,
  quote: (inner, depth) => (depth === 1 ? prefixed("> ", inner) : prefixed("\\> ", inner)),
  bullet: "- ",
  rule: "———",
  styleSpansLines: true,
  seam: "",
};

/**
 * Marks of Slack and WhatsApp act between the borders of words and cannot be escaped: a mark that could act gets a
 * {@link gap} on both sides, so that it neither begins nor ends anything.
 */
function calmed(words: string): string {
  return words.replaceAll("`", tick).replace(/[*_~]+/g, (marks, at: number) => {
    const before = words[at - 1] ?? " ";
    const after = words[at + marks.length] ?? " ";
    const inWord = /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
    if (inWord && marks.length === 1) return marks;
    return gap + marks.split("").join(gap) + gap;
  });
}

const singleMarks: Pick<Dialect, "style" | "styleSpansLines" | "seam"> = {
  style: (kind, inner) => {
    const mark = { bold: "*", italic: "_", strike: "~" }[kind];
    return mark + inner + mark;
  },
  styleSpansLines: false,
  seam: gap,
};

/** Slack's mrkdwn: `<` begins mentions and links, so it and its two companions are entities. */
export const slack: Dialect = {
  ...singleMarks,
  text: (words) => calmed(markup(words)),
  lineStart: (line) => line.replace(/^(\s*)(&gt;)/, `$1${gap}$2`),
  code: (words) => `\`${markup(words).replaceAll("`", tick)}\``,
  link: (inner, { url }) => `<${markup(url).replaceAll("|", "%7C")}|${inner.replaceAll("|", "¦")}>`,
  block: ({ text }) => `\`\`\`\n${markup(text).replaceAll("```", `\`\`${gap}\``)}\n\`\`\``,
  heading: (inner) => `*${inner}*`,
  quote: (inner, depth) => (depth === 1 ? prefixed("> ", inner) : prefixed(`${gap}&gt; `, inner)),
  bullet: "• ",
  rule: "———",
};

/** WhatsApp's marks. It knows no labels of links. */
export const whatsapp: Dialect = {
  ...singleMarks,
  text: calmed,
  lineStart: (line) => line.replace(/^(\s*)(>|[-*]\s|\d+\.\s)/, `$1${gap}$2`),
  code: (words) => `\`${words.replaceAll("`", tick)}\``,
  link: (inner, { url, words }) => (words === url ? url : `${inner} (${url})`),
  block: ({ text }) => `\`\`\`\n${text.replaceAll("```", `\`\`${gap}\``)}\n\`\`\``,
  heading: (inner) => `*${inner}*`,
  quote: (inner, depth) => (depth === 1 ? prefixed("> ", inner) : prefixed(`${gap}> `, inner)),
  bullet: "- ",
  rule: "———",
};

/** Words alone, for platforms without formatting. */
export const plain: Dialect = {
  text: (words) => words,
  lineStart: (line) => line,
  style: (_kind, inner) => inner,
  code: (words) => words,
  link: (inner, { url, words }) => (words === url || `mailto:${words}` === url ? inner : `${inner} (${url})`),
  block: ({ text }) => text,
  heading: (inner) => inner,
  quote: (inner) => prefixed("> ", inner),
  bullet: "• ",
  rule: "———",
  styleSpansLines: true,
  seam: "",
};
