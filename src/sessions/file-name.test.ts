import { win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distinctFileName, transcriptFileName } from "./file-name.ts";

describe("transcript file names", () => {
  it.each([
    ["agent:main:main", "main.jsonl"],
    ["agent:main:web-3f", "web-3f.jsonl"],
    ["agent:main:dm:telegram:123", "dm:telegram:123.jsonl"],
    ["agent:main:telegram:group:-100", "telegram:group:-100.jsonl"],
    ["global", "global.jsonl"],
    ["agent:main:../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.jsonl"],
    ["agent:main:.hidden", "%2Ehidden.jsonl"],
    ["agent:main:a b%\\", "a%20b%25%5C.jsonl"],
    ["agent:main:日", "%E6%97%A5.jsonl"],
  ])("%s → %s", (key, name) => expect(transcriptFileName(key, "linux")).toBe(name));

  it("avoids what Windows cannot store", () => {
    expect(transcriptFileName("agent:main:dm:telegram:1", "win32")).toBe("dm%3Atelegram%3A1.jsonl");
    expect(transcriptFileName("agent:main:CON", "win32")).toBe("%43ON.jsonl");
    expect(transcriptFileName("agent:main:nul.x", "win32")).toBe("%6Eul.x.jsonl");
  });

  it("are one safe path segment that tells keys apart, whatever the key", () => {
    const key = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.string({ minLength: 200, maxLength: 600 }),
    );
    fc.assert(
      fc.property(key, key, fc.constantFrom<NodeJS.Platform>("linux", "win32"), (a, b, platform) => {
        const name = transcriptFileName(`agent:main:x${a}`, platform);
        expect(name).toMatch(/^[A-Za-z0-9_:@+%~-][A-Za-z0-9._:@+%~-]*\.jsonl$/);
        expect(name.length).toBeLessThanOrEqual(200);
        if (platform === "win32") expect(win32.basename(name)).toBe(name);
        const other = transcriptFileName(`agent:main:x${b}`, platform);
        expect(name === other).toBe(a.toWellFormed() === b.toWellFormed());
        expect(distinctFileName(`agent:main:x${a}`, platform)).not.toBe(name);
      }),
      { numRuns: 1000 },
    );
  });
});
