import { randomBytes } from "node:crypto";
import * as original from "whatsapp-rust-bridge";
import { proto } from "baileys";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as own from "../scripts/whatsapp/crypto.mjs";
import { makeProto, type ProtoType } from "../scripts/whatsapp/proto-runtime.mjs";
import { readProtoTable } from "../scripts/whatsapp/proto-table.mjs";

// What the bundle has in place of parts of the WhatsApp library does what those parts do.

const table = readProtoTable();
const compact = makeProto(table);
const at = (root: unknown, path: string): ProtoType =>
  path.split(".").reduce((space, name) => (space as Record<string, unknown>)[name], root) as ProtoType;

/** Values of one message, a few levels deep, from a seed. */
function sample(index: number, depth: number, random: () => number): Record<string, unknown> {
  const [, flat] = table.types[index] ?? ["", []];
  const values: Record<string, unknown> = {};
  for (let field = 0; field < flat.length; field += 4) {
    const [name, , kind, rule] = flat.slice(field, field + 4) as [string, number, string, string | number];
    if (random() < 0.3) continue;
    const one = (): unknown => {
      const target = /^([em])(\d+)$/.exec(kind);
      if (target?.[1] === "m") return depth > 0 ? sample(Number(target[2]), depth - 1, random) : {};
      if (target) {
        const known = Object.values(table.enums[Number(target[2])]?.[1] ?? {});
        return known[Math.floor(random() * known.length)] ?? 0;
      }
      if (kind === "string") return random() < 0.2 ? "" : `t${Math.floor(random() * 1e6)}ü😀`;
      if (kind === "bytes") return Buffer.from(String(random()));
      if (kind === "bool") return random() < 0.5;
      if (kind === "float" || kind === "double") return Math.fround(random() * 100 - 50);
      const signed = /^s?int|^sfixed/.test(kind);
      return Math.floor((random() - (signed ? 0.5 : 0)) * (kind.endsWith("64") ? 2 ** 50 : 2 ** 31));
    };
    if (typeof rule === "string")
      values[name] = Object.fromEntries([1, 2].map((key) => [rule === "string" ? `k${key}` : key, one()]));
    else values[name] = rule === 0 ? one() : Array.from({ length: Math.floor(random() * 3) }, one);
  }
  return values;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("the compact messages", () => {
  it("has every message and value of the library", () => {
    expect(table.types.length).toBeGreaterThan(450);
    for (const [path] of table.types) expect(typeof at(proto, path), path).toBe("function");
    for (const [path, values] of table.enums) {
      const known = at(proto, path) as unknown as Record<string, unknown>;
      expect({ ...(at(compact, path) as object) }, path).toEqual(values);
      for (const [name, number] of Object.entries(values)) {
        expect(known[name]).toBe(number);
        expect((at(compact, path) as unknown as Record<string, unknown>)[String(number)]).toBe(known[number]);
      }
    }
  });

  it("writes and reads what the library writes and reads", () => {
    for (const [index, [path]] of table.types.entries()) {
      const [theirs, ours] = [at(proto, path), at(compact, path)];
      for (const seed of [1, 2]) {
        const values = sample(index, 2, seeded(seed * 7919 + index));
        const bytes = Buffer.from(theirs.encode(theirs.fromObject(values)).finish());
        expect(Buffer.from(ours.encode(ours.fromObject(values)).finish()).equals(bytes), path).toBe(true);
        const [read, same] = [ours.decode(bytes), theirs.decode(bytes)];
        expect(Object.keys(read), path).toEqual(Object.keys(same));
        expect(JSON.stringify(read), path).toBe(JSON.stringify(same));
        expect(ours.toObject(read, { longs: Number, arrays: true }), path).toEqual(
          theirs.toObject(same, { longs: Number, arrays: true }),
        );
        expect(
          Buffer.from(
            ours.encode(ours.fromObject(JSON.parse(JSON.stringify(read)) as object)).finish(),
          ).equals(bytes),
          path,
        ).toBe(true);
      }
    }
  });

  it("reads or refuses what is cut off, as the library does", () => {
    const values = sample(
      table.types.findIndex(([path]) => path === "Message"),
      1,
      seeded(5),
    );
    const bytes = Buffer.from(at(proto, "Message").encode(at(proto, "Message").fromObject(values)).finish());
    const outcome = (type: ProtoType, length: number): string => {
      try {
        return JSON.stringify(type.decode(bytes.subarray(0, length)));
      } catch (error) {
        return (error as Error).name;
      }
    };
    for (let length = 0; length < bytes.length; length += 101)
      expect(outcome(at(compact, "Message"), length)).toBe(outcome(at(proto, "Message"), length));
  });
});

describe("the crypto in place of the WebAssembly", () => {
  it("derives and digests alike", () => {
    const data = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(data, data, fc.string(), fc.integer({ min: 1, max: 300 }), (key, salt, info, length) => {
        expect(Buffer.from(own.md5(key))).toEqual(Buffer.from(original.md5(key)));
        expect(Buffer.from(own.hkdf(key, length, { salt, info }))).toEqual(
          Buffer.from(original.hkdf(key, length, { salt, info })),
        );
        expect(Buffer.from(own.hkdf(key, length, { info }))).toEqual(
          Buffer.from(original.hkdf(key, length, { info })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("sums and expands alike", () => {
    const base = randomBytes(128);
    const items = Array.from({ length: 5 }, () => new Uint8Array(randomBytes(32)));
    const sums = [new own.LTHashAntiTampering(), new original.LTHashAntiTampering()].map((hash) =>
      Buffer.from(hash.subtractThenAdd(base, items.slice(0, 2), items.slice(2))).toString("hex"),
    );
    expect(sums[0]).toBe(sums[1]);
    const [ours, theirs] = [own.expandAppStateKeys(base), original.expandAppStateKeys(base)];
    for (const name of [
      "indexKey",
      "valueEncryptionKey",
      "valueMacKey",
      "snapshotMacKey",
      "patchMacKey",
    ] as const)
      expect(Buffer.from(ours[name])).toEqual(Buffer.from(theirs[name]));
  });
});
