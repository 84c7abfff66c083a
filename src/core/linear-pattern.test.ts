import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PatternError, compilePattern } from "./linear-pattern.ts";

describe("compilePattern", () => {
  it.each<[pattern: string, yes: string[], no: string[]]>([
    ["claw", ["claw", "open CLAW!", "clawed"], ["cl aw", ""]],
    ["\\bclaw\\b", ["hey claw", "claw, you there?", "(claw)"], ["clawed", "openclaw"]],
    ["@?(?:open)?claw", ["@openclaw", "claw"], ["open"]],
    ["^hey", ["hey you"], ["oh hey"]],
    ["bot$", ["the bot"], ["bots"]],
    ["a|b(c|d)?e", ["a", "be", "bde"], ["bf"]],
    ["[^x-z]\\d{2,3}\\.", ["a12.", "-123."], ["x12.", "a1."]],
    ["[\\w-]+@\\S+", ["to me-2@home"], ["@home"]],
    ["(ab){2}", ["xababx"], ["abxab"]],
    ["x{0}y", ["y"], ["x"]],
    ["a{,2}", ["a{,2}"], ["aa"]],
    ["klaus|über", ["ÜBER alles", "Klaus?"], ["uber"]],
    [".+?\\?", ["what?"], ["?"]],
    ["(|a)b", ["b", "ab"], ["a"]],
  ])("%s", (pattern, yes, no) => {
    const matches = compilePattern(pattern);
    expect(yes.filter((text) => !matches(text))).toEqual([]);
    expect(no.filter((text) => matches(text))).toEqual([]);
  });

  it.each([
    "",
    "  ",
    "(",
    ")",
    "a)",
    "[a",
    "a\\",
    "*a",
    "a**",
    "(?=a)",
    "(?<n>a)",
    "(a)\\1",
    "a{51}",
    "a{3,2}",
  ])("refuses %j", (pattern) => expect(() => compilePattern(pattern)).toThrow(PatternError));

  it("refuses what would grow beyond bounds", () => {
    expect(() => compilePattern("((a{50}){50}){50}")).toThrow(PatternError);
    expect(() => compilePattern("a".repeat(501))).toThrow(PatternError);
  });

  it("takes time in proportion to the text where other engines do not come back", () => {
    const matches = compilePattern("(a+)+(a|aa)+$");
    expect(matches(`${"a".repeat(3000)}b`)).toBe(false);
    expect(matches("a".repeat(3000))).toBe(true);
  });

  it("agrees with the language's own engine on patterns both know", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      ".",
      "\\w",
      "\\d",
      "[ab]",
      "[^a]",
      "\\b",
      "(a|b)",
      "(?:ab)",
      "(a*)",
    );
    const piece = fc.tuple(atom, fc.constantFrom("", "", "?", "*", "+", "{2}", "{1,2}", "{2,}"));
    const pattern = fc
      .array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
      .map((branches) =>
        branches.map((parts) => parts.map(([a, b]) => (a === "\\b" ? a : a + b)).join("")).join("|"),
      );
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom("a", "b", "1", " ", "A") }), (source, text) => {
        expect(compilePattern(source)(text)).toBe(new RegExp(source, "is").test(text));
      }),
      { numRuns: 500 },
    );
  });
});
