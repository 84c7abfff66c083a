import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageSize } from "./image-size.ts";
import { familyOf, sniffType } from "./sniff.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("the type of a file", () => {
  it.each([
    ["\x89PNG\r\n\x1a\n", undefined, "image/png"],
    ["\xff\xd8\xff\xe0", "image/png", "image/jpeg"],
    ["GIF89a", "text/plain", "image/gif"],
    ["RIFF\0\0\0\0WEBP", undefined, "image/webp"],
    ["RIFF\0\0\0\0WAVE", undefined, "audio/wav"],
    ["OggS\0", "audio/ogg; codecs=opus", "audio/ogg"],
    ["ID3\x04", undefined, "audio/mpeg"],
    ["\xff\xfb\x90\x00", undefined, "audio/mpeg"],
    ["\xff\xf1\x50\x80", undefined, "audio/aac"],
    ["\0\0\0\x20ftypM4A ", undefined, "audio/mp4"],
    ["\0\0\0\x20ftypisom", undefined, "video/mp4"],
    ["\0\0\0\x20ftypisom", "audio/mp4", "audio/mp4"],
    ["\0\0\0\x20ftypheic", "image/jpeg", "image/heic"],
    ["\x1a\x45\xdf\xa3", "audio/webm", "audio/webm"],
    ["%PDF-1.7", "image/png", "application/pdf"],
    ["PK\x03\x04", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"],
    ["PK\x03\x04", "image/png", "application/zip"],
    ["\x7fELF", "text/plain", "application/x-executable"],
    ["hello", undefined, "text/plain"],
    ["a,b\n1,2\n", "text/csv; charset=utf-8", "text/csv"],
    ["{}", "application/json", "application/json"],
    ["<svg/>", "image/png", "text/plain"],
    ["\0\x01\x02", "image/png", "application/octet-stream"],
    ["\0\x01\x02", "audio/ogg", "application/octet-stream"],
    ["\0\x01\x02", "application/x-sqlite3", "application/x-sqlite3"],
    ["", "text/plain", "application/octet-stream"],
  ])("%j said to be %s is %s", (text, stated, expected) => {
    expect(sniffType(bytes(text), stated)).toBe(expected);
  });

  it("is what the bytes are, whatever the label says, for any bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.option(fc.string(), { nil: undefined }),
        (content, stated) => {
          const type = sniffType(content, stated);
          expect(type).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
          // No label makes a picture of what is none.
          if (familyOf(type) === "image") expect(sniffType(content)).toBe(type);
          imageSize(content, type);
        },
      ),
    );
  });

  it("text may be cut anywhere by the probe", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), (shift) => {
        const text = Buffer.from("x".repeat(shift) + "日本語🙂".repeat(10_000));
        expect(sniffType(text)).toBe("text/plain");
      }),
    );
  });
});
