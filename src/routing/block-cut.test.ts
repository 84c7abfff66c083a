import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextCut, type BlockRule } from "./block-cut.ts";

const rule: BlockRule = { minChars: 10, maxChars: 40, prefer: "paragraph" };
const cut = (text: string, change: Partial<BlockRule> = {}) => {
  const end = nextCut(text, 0, { ...rule, ...change });
  return end === null ? null : text.slice(0, end);
};

describe("where a growing answer is cut", () => {
  it.each([
    ["waits for the end of a paragraph", "One two three four.", {}, null],
    ["takes a finished paragraph", "One two three.\n\nFour", {}, "One two three."],
    ["joins short ones", "One.\n\nTwo three four.\n\nFive", {}, "One.\n\nTwo three four."],
    ["waits while there is too little", "One.\n\nTwo", {}, null],
    ["prefers lines where told so", "One two three\nfour five", { prefer: "newline" }, "One two three"],
    ["cuts sentences", "One two three. Four five", { prefer: "sentence" }, "One two three."],
    ["falls back to a sentence", "One two three. Four five six seven eight nine ten", {}, "One two three."],
    [
      "and to a word",
      "one two three four five six seven eight nine ten",
      {},
      "one two three four five six seven eight",
    ],
    ["leaves code whole", "Look here:\n```\na\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\nh\n\ni", {}, "Look here:"],
    [
      "takes code when it is closed",
      "```\na b c\n\nb c d\n\nc d e\n\nd e f\n\ng h i\n\n\n\n```\n\nDone",
      {},
      "```\na b c\n\nb c d\n\nc d e\n\nd e f\n\ng h i\n\n\n\n```",
    ],
  ] as const)("%s", (_what, text, change, expected) => {
    expect(cut(text, change)).toBe(expected);
  });

  it("is the same however the text arrives, loses nothing, and leaves fences whole", () => {
    const piece = fc.constantFrom(
      "word ",
      "Sentence. ",
      "line\n",
      "para.\n\n",
      "```\ncode\n\ncode\n```\n",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (pieces, minChars) => {
        const text = pieces.join("");
        const wish = { minChars, maxChars: 100, prefer: "paragraph" } as const;
        const blocks: string[] = [];
        let from = 0;
        for (let end = nextCut(text, from, wish); end !== null; end = nextCut(text, from, wish)) {
          expect(end).toBeGreaterThan(from);
          blocks.push(text.slice(from, end));
          from = end;
        }
        for (const block of blocks)
          expect(block.match(/^```/gm)?.length ?? 0).toSatisfy((n: number) => n % 2 === 0);
        expect([...blocks, text.slice(from)].join("")).toBe(text);
      }),
    );
  });
});
