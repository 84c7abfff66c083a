import { describe, expect, it } from "vitest";
import { scopes, type StoredPrincipal } from "../core/authority.ts";
import { lowestAuthority } from "./authority.ts";

const operator: StoredPrincipal = {
  kind: "operator",
  id: "a",
  role: "operator",
  scopes: [...scopes],
  owner: true,
};
const reader: StoredPrincipal = { ...operator, id: "b", scopes: ["operator.read"], owner: false };

describe("authority of several messages", () => {
  it("is the lowest of all, whatever their order", () => {
    for (const [first, other] of [
      [operator, reader],
      [reader, operator],
    ] as const) {
      const lowest = lowestAuthority(first, [other]);
      expect([...lowest.scopes]).toEqual(["operator.read"]);
      expect(lowest.owner).toBe(false);
      expect(lowest.id).toBe(first.id);
    }
  });

  it("is unchanged when all have the same, and cannot be changed afterwards", () => {
    const same = lowestAuthority(operator, [operator]);
    expect(same).toMatchObject({ owner: true });
    expect([...same.scopes]).toEqual([...scopes]);
    expect(Object.isFrozen(same)).toBe(true);
  });
});
