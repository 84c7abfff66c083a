import fc from "fast-check";
import { lexer, type MarkedToken } from "marked";
import { describe, expect, it } from "vitest";
import {
  readDiscord,
  readPlain,
  readSlack,
  readTelegramHtml,
  readWhatsapp,
} from "../../../test/channels/readers.ts";
import { splitMarkdown } from "../split/index.ts";
import { renderMarkdown, renderStyled, type DialectName } from "./index.ts";

const readers = {
  "telegram-html": readTelegramHtml,
  discord: readDiscord,
  slack: readSlack,
  whatsapp: readWhatsapp,
  plain: readPlain,
} as const satisfies Record<DialectName, unknown>;
const dialects = Object.keys(readers) as DialectName[];
const squeeze = (text: string) => text.replaceAll(/[\s\u200b]+/g, "").replaceAll("ˋ", "`");

/** Code and words in order, white space aside: what splitting must keep. */
function content(markdown: string): Array<[kind: string, text: string]> {
  const out: Array<[string, string]> = [];
  const add = (kind: string, text: string) => {
    const last = out.at(-1);
    if (squeeze(text) === "") return;
    if (last?.[0] === kind) last[1] += squeeze(text);
    else out.push([kind, squeeze(text)]);
  };
  for (const token of lexer(markdown) as MarkedToken[])
    if (token.type === "code") add(`code ${token.lang ?? ""}`, token.text);
    else add("words", token.raw);
  return out;
}

const words = fc.oneof(
  fc.lorem({ maxCount: 30, mode: "words" }),
  fc
    .string({ unit: "grapheme", maxLength: 60 })
    .map((text) => text.replace(/[`~<\\|[\]#>\-+*_=\d\r\n]/g, "x")),
  fc.constantFrom("👩‍👩‍👧‍👦 family", "नमस्ते दुनिया", "日本語の文。次の文！", "e\u0301e\u0301", "🇩🇪🇫🇷🇯🇵"),
);
const code = fc
  .tuple(
    fc.constantFrom("", "js", "python"),
    fc.array(fc.lorem({ maxCount: 8 }), { minLength: 1, maxLength: 20 }),
  )
  .map(([language, lines]) => `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``);
const list = fc
  .array(words, { minLength: 1, maxLength: 8 })
  .map((all) => all.map((each) => `- x ${each}`).join("\n"));
const link = fc.webUrl().map((url) => `see [the page here](${url.replace(/[()]/g, "")}) and`);
const document = fc
  .array(fc.oneof(words, words, code, list, link), { maxLength: 12 })
  .map((all) => all.join("\n\n"));

describe("splitMarkdown", () => {
  it("keeps every part within the limit and says the same", () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 100, max: 900 }), (text, limit) => {
        const parts = splitMarkdown(text, limit);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(limit);
        const merged: Array<[string, string]> = [];
        for (const [kind, said] of parts.flatMap(content)) {
          const last = merged.at(-1);
          if (last?.[0] === kind) last[1] += said;
          else merged.push([kind, said]);
        }
        expect(merged).toEqual(content(text));
      }),
      { numRuns: 300 },
    );
  });

  it("is total, cuts no grapheme pair, and gives the same parts again", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 3000 }),
        fc.integer({ min: 64, max: 300 }),
        (text, limit) => {
          const parts = splitMarkdown(text, limit);
          for (const part of parts) {
            expect(part.length).toBeLessThanOrEqual(limit);
            if (text.isWellFormed()) expect(part.isWellFormed()).toBe(true);
          }
          expect(splitMarkdown(text, limit)).toEqual(parts);
        },
      ),
    );
  });

  it("never cuts a family, a flag or a link", () => {
    const family = "👩‍👩‍👧‍👦";
    for (const part of splitMarkdown(family.repeat(100), 100)) expect(part.replaceAll(family, "")).toBe("");
    const linked = "[a label](https://example.com/some/path?with=query)";
    const parts = splitMarkdown(Array.from({ length: 40 }, () => linked).join(" "), 120);
    for (const part of parts) expect(part.replaceAll(linked, "").trim()).toBe("");
  });

  it("prefers paragraphs, then items, then sentences", () => {
    const paragraph = "One sentence here. Another one follows it.";
    expect(splitMarkdown([paragraph, paragraph, paragraph].join("\n\n"), 90)).toEqual([
      `${paragraph}\n\n${paragraph}`,
      paragraph,
    ]);
    const items = Array.from({ length: 6 }, (_, index) => `- item number ${index} of the list`);
    for (const part of splitMarkdown(items.join("\n"), 70))
      for (const line of part.split("\n")) expect(items).toContain(line);
    expect(splitMarkdown(`${paragraph} ${paragraph}`, 64)).toEqual([
      "One sentence here. Another one follows it. One sentence here.",
      "Another one follows it.",
    ]);
  });

  it("closes a code block and opens it again with its language, in lists and quotes too", () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    expect(splitMarkdown(`\`\`\`ts\n${lines.join("\n")}\n\`\`\``, 64)).toEqual([
      `\`\`\`ts\n${lines.slice(0, 7).join("\n")}\n\`\`\``,
      `\`\`\`ts\n${lines.slice(7).join("\n")}\n\`\`\``,
    ]);
    const quoted = splitMarkdown(`> \`\`\`\n${lines.map((line) => `> ${line}`).join("\n")}\n> \`\`\``, 64);
    for (const part of quoted) expect(part).toMatch(/^> ```\n(?:> line \d+\n)+> ```$/);
    const listed = splitMarkdown(
      `- text\n  ~~~py\n${lines.map((line) => `  ${line}`).join("\n")}\n  ~~~\n- end`,
      64,
    );
    expect(listed.flatMap(content).filter(([kind]) => kind === "code py").length).toBeGreaterThan(0);
    expect(squeeze(listed.join("")).replaceAll("~~~py", "").replaceAll("~~~", "")).toBe(
      squeeze(`- text${lines.join("")}- end`),
    );
  });

  it("has no part for nothing and refuses a limit that holds nothing", () => {
    expect(splitMarkdown(" \n\n ", 100)).toEqual([]);
    expect(splitMarkdown("short", 100)).toEqual(["short"]);
    expect(() => splitMarkdown("x", 10)).toThrow(expect.objectContaining({ code: "TEXT_LIMIT" }));
  });
});

const sample = [
  "# Title",
  "Some **bold**, *italic*, ~~gone~~ and `a < b`, [site](https://example.com/x_y?a=1&b=2).",
  "- one\n- two\n  1. deep",
  "> said before",
  "```js\nif (a < b && c > d) return `x`;\n```",
].join("\n\n");

describe("renderMarkdown", () => {
  it.each(dialects)("%s: people read the words, and the styles where there are any", (dialect) => {
    const { plain, spans } = readers[dialect](renderMarkdown(sample, dialect));
    for (const phrase of ["Title", "bold", "a < b", "one", "said before", "if (a < b && c > d) return"])
      expect(plain).toContain(phrase);
    expect(plain).not.toMatch(/\*\*|~~|```|&lt;/);
    if (dialect === "plain") return;
    const has = (style: string, text: string) =>
      expect(spans).toContainEqual(expect.objectContaining({ style, text }));
    has("bold", "bold");
    has("italic", "italic");
    has("strike", "gone");
    has("code", "a < b");
    expect(spans.find((span) => span.style === "pre")?.text).toContain("c > d");
    expect(spans).toContainEqual(
      expect.objectContaining({ style: "link", url: "https://example.com/x_y?a=1&b=2" }),
    );
  });

  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "*",
          "**",
          "_",
          "__",
          "~",
          "~~",
          "`",
          "``",
          "```",
          "||",
          "<",
          ">",
          "&",
          "&lt;",
          "[",
          "](",
          ")",
          "\\",
          "#",
          "# ",
          "> ",
          "- ",
          "-# ",
          "1. ",
          "@everyone",
          "@here",
          "<@123456>",
          "<@&123>",
          "<!channel>",
          "<#C1>",
          "<b>",
          "</b>",
          '<a href="tg://user?id=1">',
          "\n",
          " ",
          "|",
          "http://",
          "&#64;everyone",
          "\u200b",
        ),
        fc.string({ unit: "grapheme", maxLength: 6 }),
      ),
      { maxLength: 30 },
    )
    .map((all) => all.join(""));
  /** Markdown whose meaning is exactly these words. */
  const asWords = (text: string) =>
    text
      .replaceAll(/\s+/g, " ")
      .trim()
      .replaceAll(/[!-/:-@[-`{-~]/g, "\\$&");

  it.each(dialects)("%s: hostile words stay words and ring nobody", (dialect) => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { plain, spans, rings } = readers[dialect](renderMarkdown(`x ${asWords(text)} x`, dialect));
        expect(rings).toEqual([]);
        expect(spans.filter((span) => span.style !== "link")).toEqual([]);
        expect(squeeze(plain)).toBe(squeeze(`x${text}x`));
      }),
      { numRuns: 400 },
    );
  });

  it.each(dialects)(
    "%s: any text gives valid markup that rings nobody, at every moment of its being written",
    (dialect) => {
      fc.assert(
        fc.property(hostile, (text) => {
          expect(readers[dialect](renderMarkdown(text, dialect)).rings).toEqual([]);
        }),
        { numRuns: 300 },
      );
      for (let end = 0; end <= sample.length; end++)
        readers[dialect](renderMarkdown(sample.slice(0, end), dialect));
    },
  );

  it("leads nowhere but to web, mail and telephone addresses", () => {
    const text =
      "[x](javascript:alert(1)) [y](tg://user?id=5) [z](data:text/html,x) ![i](file:///etc/passwd)";
    for (const dialect of dialects)
      expect(
        readers[dialect](renderMarkdown(text, dialect)).spans.filter(({ style }) => style === "link"),
      ).toEqual([]);
  });

  it.each([
    ["nested quotes", ">".repeat(20_000)],
    ["marks", "_a*".repeat(10_000)],
    ["lists", "- ".repeat(10_000)],
  ])("answers about %s that go on for ever", (_, text) => {
    expect(squeeze(renderMarkdown(text, "plain"))).toBe(squeeze(text));
  });
});

describe("renderStyled", () => {
  it("gives words and the styles over them", () => {
    const { text, styles } = renderStyled("# a\n\n**b _c_** `d` \ufdd0");
    expect(text.trim()).toBe("a\n\nb c d");
    expect(styles.map(({ start, length, style }) => [style, text.slice(start, start + length)])).toEqual([
      ["bold", "a"],
      ["bold", "b c"],
      ["italic", "c"],
      ["code", "d"],
    ]);
  });
});
