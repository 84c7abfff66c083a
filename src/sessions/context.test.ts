import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entry } from "../../test/support/ledger-values.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { ContextCache, contextFromBackwards, extendContext } from "./context.ts";

const aside = (id: string) => entry(id, { kind: "aside" });
const compaction = (id: string, firstKeptId: string | null): TranscriptEntry =>
  entry(id, { role: "system", kind: "compaction", compaction: { firstKeptId, tokensBefore: 1 } });
const ids = (entries: TranscriptEntry[]) => entries.map((one) => one.id).join(" ");
const fromFile = (file: TranscriptEntry[]) => contextFromBackwards(file.toReversed());

describe("the context of a prompt", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => entry(id)) as [
    TranscriptEntry,
    TranscriptEntry,
    TranscriptEntry,
    TranscriptEntry,
  ];
  it.each<[string, TranscriptEntry[], string]>([
    ["empty", [], ""],
    ["no compaction", [a, b], "a b"],
    ["nothing kept", [a, b, compaction("C", null), c], "C c"],
    ["some kept", [a, b, compaction("C", "b"), c], "C b c"],
    ["kept across an older compaction", [a, b, compaction("C", "b"), c, compaction("D", "b"), d], "D b c d"],
    ["what was to be kept is not there", [a, compaction("C", "gone"), b], "C b"],
    ["without what was said to nobody", [a, aside("x"), b], "a b"],
    ["kept from such a line on", [a, aside("x"), b, compaction("C", "x"), c], "C b c"],
  ])("%s", (_, file, expected) => expect(ids(fromFile(file))).toBe(expected));

  it("is the same whether read again or followed entry by entry", () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom("said", "compaction", "aside"), fc.option(fc.nat({ max: 30 }))),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const file: TranscriptEntry[] = [];
        let followed: TranscriptEntry[] = [];
        for (const [what, kept] of list) {
          const id = `e${file.length}`;
          const keptId = kept === null ? null : `e${kept}`;
          const next =
            what === "aside"
              ? aside(id)
              : what === "compaction" && file.length > 0
                ? compaction(id, keptId)
                : entry(id);
          file.push(next);
          followed = extendContext(followed, next) ?? fromFile(file);
          expect(ids(followed)).toBe(ids(fromFile(file)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is cached for the sessions used last, within a bound", () => {
    const cache = new ContextCache(100);
    for (const id of ["1", "2"]) cache.set(id, { entries: [a], bytes: 40, fileSize: 40 });
    cache.get("1");
    cache.set("3", { entries: [b], bytes: 40, fileSize: 40 });
    expect(["1", "2", "3"].map((id) => cache.get(id) !== undefined)).toEqual([true, false, true]);
    cache.extend("3", { entries: [c], bytes: 90, fileSize: 130 });
    expect(cache.get("1")).toBeUndefined();
    // One that is larger than the bound is kept while it is the one in use.
    expect(ids(cache.get("3")?.entries ?? [])).toBe("b c");
  });
});
