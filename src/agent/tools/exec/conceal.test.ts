import fc from "fast-check";
import { expect, test } from "vitest";
import { createConcealer } from "./conceal.ts";

test("a value never shows, whole or in pieces as it is printed", () => {
  const value = fc.string({ minLength: 6, maxLength: 20 }).filter((text) => !text.includes("*"));
  fc.assert(
    fc.property(
      value,
      fc.array(fc.string({ maxLength: 5 })),
      fc.array(fc.nat(30)),
      (secret, around, cuts) => {
        const whole = around.join(secret);
        const concealer = createConcealer([secret]);
        expect(concealer?.text(whole)).toHaveLength(whole.length);
        // As a terminal would show it: what is settled now, and the rest later.
        let seen = 0;
        let shown = "";
        for (const size of [...cuts, whole.length]) {
          const text = whole.slice(0, Math.min(whole.length, seen + size));
          const end = concealer?.settled(text) ?? text.length;
          if (end <= seen) continue;
          shown += (concealer?.text(text) ?? text).slice(seen, end);
          seen = end;
        }
        expect(shown).not.toContain(secret);
        expect((concealer?.text(whole) ?? "").startsWith(shown)).toBe(true);
      },
    ),
  );
});
test("nothing to hide, or too short to be told from other text", () => {
  expect(createConcealer([])).toBeNull();
  expect(createConcealer(["ab"])).toBeNull();
});
