import { describe, expect, it } from "vitest";
import { ago, count, duration, show, tildePath } from "./format.ts";

describe("texts for people", () => {
  it.each([
    [0, "0s"],
    [999, "0s"],
    [45_000, "45s"],
    [9_240_000, "2h 34m"],
    [3_600_000, "1h"],
    [273_600_000, "3d 4h"],
    [-5, "0s"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

  it("tells how long ago, and ahead", () => {
    expect(ago(1000, 181_000)).toBe("3m ago");
    expect(ago(181_000, 1000)).toBe("in 3m");
    expect(ago(null, 1)).toBe("never");
    expect(ago(1, 500)).toBe("just now");
  });

  it("groups digits", () => {
    expect([0, 999, 1000, 1234567, 100000].map(count)).toEqual(["0", "999", "1,000", "1,234,567", "100,000"]);
  });

  it("shortens the home directory only", () => {
    expect(tildePath("/home/a/.openclaw", "/home/a")).toBe("~/.openclaw");
    expect(tildePath("/home/ab/x", "/home/a")).toBe("/home/ab/x");
    expect(tildePath("/home/a", "/home/a")).toBe("~");
  });

  it("shows any value as text", () => {
    expect([show(undefined, null), show(0, "x"), show({ a: 1 }), show(undefined, "x")]).toEqual([
      "-",
      "0",
      '{"a":1}',
      "x",
    ]);
  });
});
