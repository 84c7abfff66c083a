import fc from "fast-check";
import JSON5 from "json5";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../core/json.ts";
import { mergeIntoText, setInText, unsetInText } from "./json5-edit.ts";
import { layoutOf, type Layout } from "./json5-layout.ts";

/** Writes a value as JSON5 the way people do: comments, both quotes, bare names, trailing commas, odd spacing. */
interface Scribe {
  next(limit: number): number;
}
function scribble(value: JsonValue, scribe: Scribe, depth = 0): string {
  const newline = ["\n", "\n", "\r\n"][scribe.next(3)] ?? "\n";
  const pad = () =>
    [
      "",
      " ",
      newline + "  ".repeat(depth + 1),
      ` /* c${scribe.next(1e9)} */ `,
      ` // c${scribe.next(1e9)}${newline}`,
    ][scribe.next(5)] ?? "";
  const text = (word: string) =>
    scribe.next(2)
      ? JSON.stringify(word)
      : `'${JSON.stringify(word).slice(1, -1).replaceAll("'", "\\'").replaceAll('\\"', '"')}'`;
  if (typeof value === "string") return text(value);
  if (value === null || typeof value !== "object") return String(value);
  const items = Array.isArray(value)
    ? value.map((item) => scribble(item, scribe, depth + 1))
    : Object.entries(value).map(([name, item]) => {
        const bare = /^[A-Za-z_$][\w$]*$/.test(name) && scribe.next(2);
        return `${bare ? name : text(name)}${pad()}:${pad()}${scribble(item, scribe, depth + 1)}`;
      });
  const body = items.map((item, index) => {
    const comma = index < items.length - 1 || scribe.next(3) === 0 ? "," : "";
    return `${pad()}${item}${pad()}${comma}`;
  });
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}${body.join("")}${pad()}${close}`;
}

const name = fc.oneof(fc.constantFrom("a", "b", "c", "port", "auth", "list"), fc.string({ maxLength: 6 }));
const safeName = name.filter((word) => !["__proto__", "constructor", "prototype"].includes(word));
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(safeName, tie("json"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const root = fc.dictionary(safeName, json, { maxKeys: 5, noNullPrototype: true });
const documents = fc
  .tuple(root, fc.array(fc.nat(1e9), { minLength: 8, maxLength: 40 }))
  .map(([value, seeds]) => {
    let at = 0;
    const next = (limit: number) => ((seeds[at++ % seeds.length] ?? 0) + at * 7919) % limit;
    const lead = next(2) ? "// head\n" : "";
    return { value, text: `${lead}${scribble(value, { next })}\n` };
  });
const path = fc.array(safeName, { minLength: 1, maxLength: 3 });

/** Text of every scalar by its path. */
function leaves(text: string, node: Layout = layoutOf(text), at: string[] = []): Map<string, string> {
  if (node.kind === "scalar") return new Map([[JSON.stringify(at), text.slice(node.start, node.end)]]);
  return new Map(node.members.flatMap((member) => [...leaves(text, member.value, [...at, member.name])]));
}
/** Whether a name is used where a list wants a number. */
function throughList(text: string, where: readonly string[]): boolean {
  const node = where
    .slice(0, -1)
    .reduce<Layout | undefined>(
      (inner, key) => inner?.members.findLast((member) => member.name === key)?.value,
      layoutOf(text),
    );
  const parents = [layoutOf(text).members.findLast((member) => member.name === where[0])?.value, node];
  return parents.some((parent) => parent?.kind === "array");
}
const comments = (text: string) => text.match(/(?<=\/[*/] )c\d+/g) ?? [];
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const runs = { numRuns: 400 };

describe("editing JSON5 in place", () => {
  test("two parsers agree on what a text holds", () => {
    fc.assert(
      fc.property(documents, ({ value, text }) => {
        expect(JSON5.parse(text)).toEqual(value);
        for (const [where, raw] of leaves(text)) {
          const found = (JSON.parse(where) as string[]).reduce<unknown>(
            (inner, key) => (inner as Record<string, unknown>)[key],
            value,
          );
          expect(JSON5.parse(raw)).toEqual(found);
        }
      }),
      runs,
    );
  });

  test("setting a path sets it, keeps every other byte of data and every comment outside", () => {
    fc.assert(
      fc.property(documents, path, scalar, ({ text }, where, value) => {
        fc.pre(!throughList(text, where));
        const result = setInText(text, where, value);
        const parsed = JSON5.parse(result) as unknown;
        expect(
          where.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], parsed),
        ).toEqual(value);
        const before = leaves(text);
        for (const [key, raw] of leaves(result)) {
          if (key.startsWith(JSON.stringify(where).slice(0, -1))) continue;
          expect(raw).toBe(before.get(key));
        }
        expect(setInText(result, where, value)).toBe(result);
      }),
      runs,
    );
  });

  test("a new key at the top changes no other byte and loses no comment; removing it restores the data", () => {
    fc.assert(
      fc.property(documents, json, ({ value, text }, added) => {
        const result = setInText(text, ["brand-new"], added);
        expect(JSON5.parse(result)).toEqual({ ...value, "brand-new": added });
        for (const comment of comments(text)) expect(result).toContain(comment);
        expect(JSON5.parse(unsetInText(result, ["brand-new"]))).toEqual(value);
      }),
      runs,
    );
  });

  test("removing a path removes only that", () => {
    fc.assert(
      fc.property(documents, ({ value, text }) => {
        for (const key of Object.keys(value)) {
          const { [key]: _, ...rest } = value;
          const result = unsetInText(text, [key]);
          expect(JSON5.parse(result)).toEqual(rest);
          const before = leaves(text);
          for (const [where, raw] of leaves(result)) expect(raw).toBe(before.get(where));
        }
        expect(unsetInText(text, ["not there"])).toBe(text);
      }),
      runs,
    );
  });

  test("setting everything to what it is changes no byte; setting another whole gives that", () => {
    fc.assert(
      fc.property(documents, root, ({ value, text }, other) => {
        expect(setInText(text, [], plain(value))).toBe(text);
        expect(JSON5.parse(setInText(text, [], plain(other)))).toEqual(plain(other));
      }),
      runs,
    );
  });

  test("strict JSON stays strict JSON", () => {
    fc.assert(
      fc.property(root, path, json, fc.constantFrom(0, 2, 4), (value, where, added, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!throughList(text, where));
        const result = setInText(text, where, added);
        JSON.parse(result);
        for (const key of Object.keys(value)) JSON.parse(unsetInText(result, [key]));
      }),
      runs,
    );
  });

  test.each([["x"], ["3"], ["-1"]])("list[%s] is refused with the numbers that exist", (index) => {
    expect(() => setInText("{list: [1, 2]}", ["list", index], 9)).toThrow(/list is a list of 2/);
    expect(setInText("{list: [1, 2]}", ["list", "2"], 9)).toBe("{list: [1, 2, 9]}");
    expect(JSON5.parse(setInText("{}", ["list", "0", "id"], "a"))).toEqual({ list: [{ id: "a" }] });
  });

  test("the file of a person", () => {
    const text = `// my gateway
{
  gateway: {
    port: 18789, // the usual one
    /* who may in */
    auth: { mode: 'token', token: "${"ab".repeat(4)}" },
  },

  channels: {
    telegram: {
      allowFrom: ['123', "456"] // me and Bob
    }
  }
}
`;
    let result = setInText(text, ["gateway", "port"], 19001);
    result = setInText(result, ["gateway", "bind"], "lan");
    result = setInText(result, ["gateway", "auth", "password"], "x");
    result = setInText(result, ["channels", "telegram", "allowFrom"], ["123", "456", "789"]);
    result = setInText(result, ["logging"], { level: "debug" });
    result = unsetInText(result, ["gateway", "auth", "mode"]);
    expect(result).toMatchInlineSnapshot(`
      "// my gateway
      {
        gateway: {
          port: 19001, // the usual one
          /* who may in */
          auth: { token: "abababab", password: "x" },
          bind: "lan",
        },

        channels: {
          telegram: {
            allowFrom: ['123', "456", "789"] // me and Bob
          }
        },
        logging: {
          level: "debug"
        }
      }
      "
    `);
  });

  test("merge patch: null deletes, objects merge, the rest replaces", () => {
    const text = '{ a: 1, b: { c: 2, d: [1, 2] }, e: "x" }';
    const result = mergeIntoText(text, { a: null, b: { c: 3, d: [1] }, f: { g: { h: 1 } } });
    expect(JSON5.parse(result)).toEqual({ b: { c: 3, d: [1] }, e: "x", f: { g: { h: 1 } } });
  });

  test("a name written twice: the last counts, removing removes both", () => {
    expect(setInText("{a: 1, a: 2}", ["a"], 3)).toBe("{a: 1, a: 3}");
    expect(unsetInText("{a: 1, b: 0, a: 2}", ["a"])).toBe("{b: 0}");
  });
});
