import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../../core/errors.ts";
import { applyHunks } from "./apply.ts";
import { parsePatch } from "./parse.ts";

const line = fc.string({ unit: fc.constantFrom(..."ab {}*@+-é".split("")), maxLength: 6 });

test("a patch made from two texts leads from the one to the other", () => {
  const edit = fc.record({ kind: fc.constantFrom("keep", "keep", "remove", "add", "replace"), text: line });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 30 }), (edits) => {
      const before: string[] = [];
      const after: string[] = [];
      const body: string[] = [];
      for (const [at, { kind, text }] of edits.entries()) {
        // Distinct lines: where a repeated one is meant is a matter of context, not of this law.
        const mine = `${at}${text}`;
        if (kind !== "add") before.push(mine);
        if (kind === "keep") after.push(mine);
        if (kind === "add" || kind === "replace") after.push(`new ${mine}`);
        if (kind === "keep") body.push(` ${mine}`);
        if (kind === "remove" || kind === "replace") body.push(`-${mine}`);
        if (kind === "add" || kind === "replace") body.push(`+new ${mine}`);
      }
      if (before.length === 0) return;
      const [operation] = parsePatch(
        `*** Begin Patch\n*** Update File: f\n@@\n${body.join("\n")}\n*** End Patch`,
      );
      if (operation?.kind !== "update") throw new Error("not an update");
      const text = (lines: string[]) => lines.map((each) => `${each}\n`).join("");
      const wanted = text(after);
      expect(applyHunks(text(before), operation.hunks, "f")).toBe(wanted);
      const crlf = (plain: string) => plain.replaceAll("\n", "\r\n");
      expect(applyHunks(crlf(text(before)), operation.hunks, "f")).toBe(crlf(wanted));
    }),
  );
});

test("whatever is sent, the answer is a patch or a refusal that says where", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Add File: a",
      "*** Update File: b",
      "*** Move to: c",
      "*** Delete File: d",
      "*** End of File",
      "@@",
      "@@ x",
      "+x",
      "-x",
      " x",
      "",
    ),
    line,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.boolean(), (pieces, framed) => {
      const text = (framed ? ["*** Begin Patch", ...pieces, "*** End Patch"] : pieces).join("\n");
      try {
        expect(parsePatch(text).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect(String(error)).toMatch(/patch line \d+/);
      }
    }),
    { numRuns: 500 },
  );
});
