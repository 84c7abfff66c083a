import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth, printable, printableLine, printableStyled, stripStyle, truncate } from "./terminal.ts";

const anyText = fc.string({ unit: "binary", maxLength: 60 });

describe("text from outside on a terminal", () => {
  it("never carries a control character other than line break and tab", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
        expect(printableLine(text)).not.toMatch(/[\u0000-\u001f]/);
        expect(printable(text).isWellFormed()).toBe(true);
      }),
    );
  });

  it("shows what was there instead of swallowing it", () => {
    expect(printable("ok\u001b[2K\rrm -rf ~")).toBe("ok\\x1b[2K\\x0drm -rf ~");
    expect(printable("abc\u202edcba")).toBe("abc\\u202edcba");
    expect(printable("line\r\nnext\ttab")).toBe("line\nnext\ttab");
    expect(printable("👩‍👩‍👧 café 日本")).toBe("👩‍👩‍👧 café 日本");
    expect(printable("\ud83d half")).toBe("\\ud83d half");
  });

  it("keeps our own styles and nothing else that begins with escape", () => {
    expect(printableStyled("\u001b[31mred\u001b[39m \u001b[8mhidden")).toBe(
      "\u001b[31mred\u001b[39m \\x1b[8mhidden",
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(stripStyle(printableStyled(text))).not.toContain("\u001b");
      }),
    );
  });
});

describe("columns", () => {
  it("count what a terminal shows", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("日本")).toBe(4);
    expect(displayWidth("👩‍👩‍👧")).toBe(2);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("\u001b[31mred\u001b[39m")).toBe(3);
  });

  it("are never more than asked for after truncation", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
