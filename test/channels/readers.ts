import type { SeenSpan } from "./driver.ts";

// What people read when a platform shows a text: the platforms' own rules of markup, written from their descriptions
// and apart from src/channels/text, so that the doubles and the tests do not believe what the renderer believes.

export interface ReadText {
  plain: string;
  spans: SeenSpan[];
  /** Who is rung: `@everyone`, `<@123>`, `<!here>`. */
  rings: string[];
}

type Style = SeenSpan["style"];
const word = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}]/u.test(char);
const gap = "\u200b";

function builder() {
  const read: ReadText = { plain: "", spans: [], rings: [] };
  return {
    read,
    say: (text: string) => void (read.plain += text),
    span(style: Style, more: Partial<SeenSpan>, inner: () => void) {
      const start = read.plain.length;
      const at = read.spans.length;
      inner();
      read.spans.splice(at, 0, { style, text: read.plain.slice(start), ...more });
    },
  };
}
type Builder = ReturnType<typeof builder>;

/** Telegram's HTML. Throws as Telegram refuses: `can't parse entities: …`. */
export function readTelegramHtml(html: string): ReadText {
  const out = builder();
  const tags: Record<string, Style> = {
    b: "bold",
    strong: "bold",
    i: "italic",
    em: "italic",
    s: "strike",
    del: "strike",
    u: "underline",
    code: "code",
    pre: "pre",
    a: "link",
    blockquote: "quote",
    "tg-spoiler": "spoiler",
  };
  const unescape = (text: string) =>
    text.replace(/&(\w+|#\d+);?/g, (all, name: string) => {
      const known: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
      if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
      return known[name] ?? all;
    });
  const pieces = html.split(/(<[^<>]*>)/);
  let at = 0;
  const fail = (why: string) => new Error(`can't parse entities: ${why}`);
  function until(closing: string | null, inside: string[]): void {
    for (;;) {
      const piece = pieces[at++];
      if (piece === undefined) {
        if (closing === null) return;
        throw fail(`can't find end tag for "${closing}"`);
      }
      if (!piece.startsWith("<")) {
        if (/[<>]/.test(piece)) throw fail("unescaped bracket");
        out.say(unescape(piece));
        continue;
      }
      const end = /^<\/([\w-]+)>$/.exec(piece);
      if (end) {
        if (end[1] !== closing) throw fail(`unexpected end tag "${end[1]}"`);
        return;
      }
      const start = /^<([\w-]+)(?: (href|class)="([^"]*)")?>$/.exec(piece);
      const name = start?.[1] ?? "";
      const style = tags[name];
      if (!style) throw fail(`unsupported start tag "${name}"`);
      if (style === "quote" && inside.includes("blockquote")) throw fail("blockquotes can't be nested");
      const value = unescape(start?.[3] ?? "");
      if (name === "code" && inside.at(-1) === "pre") {
        const pre = out.read.spans.length;
        until(name, [...inside, name]);
        out.read.spans.splice(pre, 0, { style: "pre", text: "", language: value.replace(/^language-/, "") });
        continue;
      }
      out.span(style, start?.[2] === "href" ? { url: value } : {}, () => until(name, [...inside, name]));
    }
  }
  until(null, []);
  // The language stands on the code inside of pre: one span for both.
  const { spans } = out.read;
  out.read.spans = spans.flatMap((span, index) => {
    if (span.style === "pre" && span.text === "" && span.language !== undefined) return [];
    const inner = spans[index + 1];
    return span.style === "pre" && inner?.style === "pre" && inner.text === ""
      ? [{ ...span, language: inner.language ?? "" }]
      : [span];
  });
  return out.read;
}

interface Marks {
  /** Longest first. */
  styles: Array<[mark: string, style: Style]>;
  /** Marks act only at the borders of words, within a line. */
  borders: boolean;
  backslash: boolean;
  /** Handles what begins with `<` or an address; returns how many units it took, 0 when it is only text. */
  special(text: string, at: number, out: Builder): number;
  quote: RegExp;
  heading: RegExp | null;
  unescape(text: string): string;
}

function readMarks(text: string, marks: Marks): ReadText {
  const out = builder();
  const pieces = text.split(/(```[\s\S]*?```)/);
  for (const piece of pieces) {
    const code = /^```(?:([\w+#.-]*)\n)?([\s\S]*?)```$/.exec(piece);
    if (code) {
      const language = code[1] ? { language: code[1] } : {};
      out.span("pre", language, () => out.say(marks.unescape((code[2] ?? "").replace(/\n$/, ""))));
    } else readLines(piece, marks, out);
  }
  return out.read;
}

function readLines(text: string, marks: Marks, out: Builder): void {
  const plainLines: string[] = [];
  const flush = () => {
    if (plainLines.length === 0) return;
    inline(plainLines.splice(0).join("\n"), marks, out);
  };
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const last = index === lines.length - 1;
    const quote = marks.quote.exec(line);
    const heading = marks.heading?.exec(line);
    if (quote || heading) {
      flush();
      const from = (quote ?? heading)?.[0].length ?? 0;
      out.span(quote ? "quote" : "heading", {}, () => inline(line.slice(from), marks, out));
      if (!last) out.say("\n");
    } else if (marks.borders) {
      inline(line, marks, out);
      if (!last) out.say("\n");
    } else {
      plainLines.push(line);
      const next = lines[index + 1];
      if (last) flush();
      else if (next !== undefined && (marks.quote.test(next) || marks.heading?.test(next))) {
        flush();
        out.say("\n");
      }
    }
  }
}

function inline(text: string, marks: Marks, out: Builder): void {
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? "";
    if (marks.backslash && char === "\\" && /[^0-9A-Za-z\s]/.test(text[at + 1] ?? "")) {
      out.say(text[at + 1] ?? "");
      at += 2;
      continue;
    }
    const ticks = /^`+/.exec(text.slice(at))?.[0];
    if (ticks) {
      const end = closingTicks(text, at + ticks.length, ticks);
      if (end > at + ticks.length) {
        const inner = text.slice(at + ticks.length, end);
        out.span("code", {}, () =>
          out.say(marks.unescape(ticks.length > 1 ? inner.replace(/^ (.*) $/s, "$1") : inner)),
        );
        at = end + ticks.length;
        continue;
      }
    }
    const style = marks.styles.find(([mark]) => text.startsWith(mark, at));
    const end = style ? closing(text, at, { mark: style[0], marks }) : -1;
    if (style && end > 0) {
      const [mark, name] = style;
      out.span(name, {}, () => inline(text.slice(at + mark.length, end), marks, out));
      at = end + mark.length;
      continue;
    }
    const taken = marks.special(text, at, out);
    if (taken > 0) at += taken;
    else {
      const entity = /^&(?:amp|lt|gt);/.exec(text.slice(at, at + 5))?.[0];
      out.say(entity ? marks.unescape(entity) : char);
      at += entity?.length ?? 1;
    }
  }
}

function closingTicks(text: string, from: number, ticks: string): number {
  const line = text.indexOf("\n", from);
  for (let at = from; (at = text.indexOf(ticks, at)) >= 0 && (line < 0 || at < line); at++)
    if (text[at - 1] !== "`" && text[at + ticks.length] !== "`") return at;
  return -1;
}

/** Where the style that begins at `at` ends; -1 when it does not begin at all. */
function closing(text: string, at: number, { mark, marks }: { mark: string; marks: Marks }): number {
  const next = text[at + mark.length];
  if (next === undefined || /\s/.test(next) || next === mark[0]) return -1;
  if (marks.borders && (word(text[at - 1]) || next === gap)) return -1;
  if (!marks.borders && mark === "_" && word(text[at - 1])) return -1;
  for (let end = at + mark.length; end < text.length; end++) {
    const char = text[end];
    if (marks.backslash && char === "\\") end++;
    else if (char === "`") {
      const ticks = /^`+/.exec(text.slice(end))?.[0] ?? "`";
      const close = closingTicks(text, end + ticks.length, ticks);
      end = close < 0 ? end : close + ticks.length - 1;
    } else if (text.startsWith(mark, end)) {
      const before = text[end - 1] ?? " ";
      const after = text[end + mark.length];
      if (
        marks.borders
          ? !/\s/.test(before) && before !== gap && !word(after)
          : !/\s/.test(before) && after !== mark[0]
      )
        if (end > at + mark.length) return end;
      while (text[end + 1] === mark[0]) end++;
    }
  }
  return -1;
}

const web = /^https?:\/\/[^\s<>]+/;
function address(text: string, at: number, out: Builder): number {
  const url = word(text[at - 1]) ? undefined : web.exec(text.slice(at))?.[0].replace(/[).,;:!?'"]+$/, "");
  if (url === undefined) return 0;
  out.span("link", { url }, () => out.say(url));
  return url.length;
}

/** Discord's markdown, with everything allowed that a send can allow. */
export function readDiscord(text: string): ReadText {
  return readMarks(text, {
    styles: [
      ["**", "bold"],
      ["__", "underline"],
      ["~~", "strike"],
      ["||", "spoiler"],
      ["*", "italic"],
      ["_", "italic"],
    ],
    borders: false,
    backslash: true,
    quote: /^> /,
    heading: /^#{1,3} /,
    unescape: (code) => code,
    special(line, at, out) {
      const here = line.slice(at);
      const ring = /^(?:@everyone|@here|<@[!&]?\d+>)/.exec(here)?.[0];
      if (ring) {
        out.read.rings.push(ring);
        out.say(ring);
        return ring.length;
      }
      const labelled =
        /^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s<>)]+(?:\([^\s<>)]*\)[^\s<>)]*)?)>?\)/.exec(here);
      if (labelled) {
        const [all, label = "", url = ""] = labelled;
        out.span("link", { url }, () => out.say(label.replace(/\\([^0-9A-Za-z\s])/g, "$1")));
        return all.length;
      }
      return address(line, at, out);
    },
  });
}

const singleMarks: Array<[string, Style]> = [
  ["*", "bold"],
  ["_", "italic"],
  ["~", "strike"],
];

/** Slack's mrkdwn. */
export function readSlack(text: string): ReadText {
  const unescape = (code: string) =>
    code.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return readMarks(text, {
    styles: singleMarks,
    borders: true,
    backslash: false,
    quote: /^(?:>|&gt;) ?/,
    heading: null,
    unescape,
    special(line, at, out) {
      const marked = /^<([^<>|\n]+)(?:\|([^<>\n]*))?>/.exec(line.slice(at));
      if (!marked) return 0;
      const [all, target = "", label] = marked;
      if (/^[@!#]/.test(target)) {
        out.read.rings.push(all);
        out.say(label ?? all);
      } else out.span("link", { url: unescape(target) }, () => out.say(unescape(label ?? target)));
      return all.length;
    },
  });
}

/** WhatsApp's marks. */
export function readWhatsapp(text: string): ReadText {
  return readMarks(text, {
    styles: singleMarks,
    borders: true,
    backslash: false,
    quote: /^> /,
    heading: null,
    unescape: (code) => code,
    special: address,
  });
}

/** Words as they are; nothing is markup. */
export function readPlain(text: string): ReadText {
  return { plain: text, spans: [], rings: [] };
}
