import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { createBackoff, createTyping, neverArrived, probe, safeFileName, wrongConfig } from "./index.ts";

describe("waits between tries", () => {
  it("double up to the cap, are up to a half shorter, and never shorter than asked for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.nat(100_000),
        (chances, atLeastMs) => {
          let chance = 0;
          const waits = createBackoff({ firstMs: 1000, capMs: 60_000, random: () => chance });
          for (const [tries, drawn] of chances.entries()) {
            chance = drawn;
            const full = Math.min(60_000, 1000 * 2 ** tries);
            const wait = waits.next(atLeastMs);
            expect(wait).toBeGreaterThanOrEqual(Math.max(atLeastMs, full / 2));
            expect(wait).toBeLessThanOrEqual(Math.max(atLeastMs, full));
          }
          waits.reset();
          expect(waits.next()).toBeLessThanOrEqual(1000);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("typing", () => {
  it("is told again until it is switched off, and no longer than five minutes", async () => {
    const clock = manualClock();
    const shown: string[] = [];
    const typing = createTyping({
      clock,
      repeatMs: 10_000,
      show: (to, threadId = "-") => {
        shown.push(`${to}/${threadId}`);
        return shown.length > 1 ? Promise.reject(new Error("no network")) : Promise.resolve();
      },
    });
    await typing.set("a", true, "t");
    clock.advance(25_000);
    expect(shown).toEqual(["a/t", "a/t", "a/t"]);
    await typing.set("a", false);
    clock.advance(10_000);
    expect(shown).toHaveLength(4);
    await typing.set("a", false, "t");
    clock.advance(60_000);
    expect(shown).toHaveLength(4);

    const forgotten: string[] = [];
    const other = createTyping({ clock, repeatMs: 10_000, show: async (to) => void forgotten.push(to) });
    await other.set("b", true);
    clock.advance(3_600_000);
    expect(forgotten).toHaveLength(30);
    await other.set("b", true);
    other.stopAll();
    clock.advance(3_600_000);
    expect(forgotten).toHaveLength(31);
  });
});

describe("a failed request", () => {
  it.each([
    [
      "refused by the machine",
      Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } }),
      true,
    ],
    ["refused by the guard", Object.assign(new Error("a private address"), { code: "DIAL_REFUSED" }), true],
    ["without an address", new Error("api.example cannot be resolved"), true],
    ["cut", Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } }), false],
    ["too slow", new DOMException("The operation timed out", "TimeoutError"), false],
  ])("%s", (_name, error, surely) => {
    expect(neverArrived(error)).toBe(surely);
  });
});

it("a probe tells who we are, or why not, and how long it took", async () => {
  const clock = manualClock();
  const ask = (answer: () => string | undefined) =>
    probe(clock, async () => {
      await Promise.resolve();
      clock.advance(70);
      return answer();
    });
  expect(await ask(() => "@claw")).toEqual({
    ok: true,
    state: "connected",
    elapsedMs: 70,
    identity: "@claw",
  });
  expect(await ask(() => undefined)).toEqual({ ok: true, state: "connected", elapsedMs: 70 });
  expect(
    await ask(() => {
      throw new Error("401");
    }),
  ).toEqual({ ok: false, state: "disconnected", elapsedMs: 70, error: "401" });
});

it("a wrong configuration names the key of the account", () => {
  const problems = [{ key: "token", message: "is not set" }];
  expect(wrongConfig({ channel: "acme", account: "default" }, problems)).toMatchObject({
    code: "CHANNEL_CONFIG",
    message: "channels.acme.token: is not set",
    hint: "openclaw config set channels.acme.token <value>",
  });
  expect(wrongConfig({ channel: "acme", account: "work" }, problems)?.message).toBe(
    "channels.acme.accounts.work.token: is not set",
  );
  expect(wrongConfig({ channel: "acme", account: "work" }, [])).toBeUndefined();
});

it("a file name in a header breaks out of nothing", () => {
  expect(safeFileName('a"b\\c/../d\r\nx: y')).toBe("a_b_c_.._d__x: y");
  expect(safeFileName(" ")).toBe("file");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      const safe = safeFileName(name);
      expect(safe).not.toMatch(/[\p{Cc}"\\/]/u);
      expect(safe.length).toBeGreaterThan(0);
      expect(safe.length).toBeLessThanOrEqual(120);
      expect(safe.isWellFormed()).toBe(true);
    }),
  );
});
