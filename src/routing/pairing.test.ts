import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { createPairingDesk, pairingText } from "./pairing.ts";

let dir: string;
const clock = manualClock();
const desk = () => createPairingDesk({ channelsDir: dir, clock, logger: silentLogger });
const at = { channel: "telegram", account: "default" };
const who = (id: string) => ({ id, chatId: id, name: `Name ${id}` });
const write = (value: unknown) => {
  mkdirSync(join(dir, "telegram"), { recursive: true });
  writeFileSync(join(dir, "telegram", "pairing.json"), JSON.stringify(value));
};

beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "openclaw-pairing-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a stranger keeps one code for an hour; three wait at a time", () => {
  const pairing = desk();
  const first = pairing.request(at, who("1"));
  expect(first?.code).toMatch(/^[A-HJ-NP-Z2-9]{8}$/);
  expect(pairing.request(at, who("1"))?.code).toBe(first?.code);
  const codes = ["2", "3"].map((id) => pairing.request(at, who(id))?.code);
  expect(new Set([first?.code, ...codes]).size).toBe(3);
  expect(pairing.request(at, who("4"))).toBeNull();
  expect(pairing.request({ ...at, account: "other" }, who("4"))).not.toBeNull();
  clock.advance(60 * 60_000);
  expect(pairing.request(at, who("4"))).not.toBeNull();
  expect(pairing.list(at).pending.map(({ id }) => id)).toEqual(["4"]);
  expect(() => pairing.approve(first?.code ?? "", { by: "t" })).toThrow(/unknown, used up or older/);
});

test("an approval counts at once, once, for its account alone, and survives a restart", () => {
  const pairing = desk();
  const code = pairing.request(at, who("1"))?.code ?? "";
  expect(pairing.senders("telegram", "default").allowFrom).toEqual([]);
  const approved = pairing.approve(` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)}`, { by: "t" });
  expect(approved).toMatchObject({ ...at, id: "1", chatId: "1", owner: false });
  expect(pairing.senders("telegram", "default")).toMatchObject({ allowFrom: ["1"], owners: [] });
  expect(pairing.senders("telegram", "other").allowFrom).toEqual([]);
  expect(() => pairing.approve(code, { by: "t" })).toThrow(
    expect.objectContaining({ code: "PAIRING_CODE_UNKNOWN" }),
  );
  expect(desk().senders("telegram", "default").allowFrom).toEqual(["1"]);
  expect(statSync(join(dir, "telegram", "pairing.json")).mode & 0o777).toBe(0o600);
});

test("the owner is made by the flag alone, and unmade by a revocation", () => {
  const pairing = desk();
  expect(pairing.list().hasOwner).toBe(false);
  const code = pairing.request(at, who("1"))?.code ?? "";
  expect(pairing.approve(code, { by: "t", owner: true }).owner).toBe(true);
  expect(pairing.list()).toMatchObject({ hasOwner: true, approved: [{ id: "1", owner: true }] });
  expect(pairing.revoke("1")).toEqual([{ ...at, id: "1", owner: true }]);
  expect(pairing.senders("telegram", "default")).toMatchObject({ allowFrom: [], owners: [] });
  expect(() => pairing.revoke("1")).toThrow(expect.objectContaining({ code: "PAIRING_SENDER_UNKNOWN" }));
});

test("a rejected stranger gets another code, and the old one is dead", () => {
  const pairing = desk();
  const code = pairing.request(at, who("1"))?.code ?? "";
  expect(() => pairing.reject(code, { by: "t", account: "other" })).toThrow(/unknown/);
  expect(pairing.reject(code, { by: "t" }).id).toBe("1");
  expect(pairing.senders("telegram", "default").allowFrom).toEqual([]);
  expect(pairing.request(at, who("1"))?.code).not.toBe(code);
});

test("guessing stops after ten wrong codes, for whoever guesses", () => {
  const pairing = desk();
  const code = pairing.request(at, who("1"))?.code ?? "";
  for (let n = 0; n < 10; n++)
    expect(() => pairing.approve("AAAAAAAA", { by: "guesser" })).toThrow(/unknown/);
  expect(() => pairing.approve(code, { by: "guesser" })).toThrow(
    expect.objectContaining({ code: "PAIRING_ATTEMPTS" }),
  );
  expect(pairing.approve(code, { by: "operator" }).id).toBe("1");
  for (let n = 0; n < 30; n++) {
    const next = pairing.request(at, who(`more${n}`))?.code ?? "";
    expect(pairing.approve(next, { by: "operator" }).id).toBe(`more${n}`);
  }
});

test("reads what older versions wrote, and keeps everything of other accounts", () => {
  const createdAt = new Date(clock.now() - 60_000).toISOString();
  const old = {
    id: "7",
    code: "ABCD2345",
    createdAt,
    lastSeenAt: createdAt,
    meta: { username: "al", firstName: "Al" },
  };
  for (const value of [
    { version: 1, allowFrom: ["5", 6, "*"], requests: [old] },
    {
      version: 1,
      accounts: { default: { allowFrom: ["5", "6"], requests: [old, "junk"] }, w: { allowFrom: ["9"] } },
    },
  ]) {
    write(value);
    const pairing = desk();
    expect(pairing.senders("telegram", "default")).toMatchObject({ allowFrom: ["5", "6"], owners: [] });
    expect(pairing.approve("abcd2345", { by: "t" })).toMatchObject({ id: "7", name: "Al", chatId: "7" });
  }
  expect(desk().senders("telegram", "w").allowFrom).toEqual(["9"]);
  write(["5"]);
  expect(desk().senders("telegram", "default").allowFrom).toEqual(["5"]);
});

test("a change of the file by hand counts with the next message; an unreadable one admits nobody", () => {
  write({ version: 1, accounts: { default: { allowFrom: ["1"] } } });
  const pairing = desk();
  expect(pairing.senders("telegram", "default").allowFrom).toEqual(["1"]);
  write({ version: 1, accounts: { default: { allowFrom: ["1", "22"] } } });
  expect(pairing.senders("telegram", "default").allowFrom).toEqual(["1", "22"]);
  for (const bad of ["{", '"text"', '{"accounts":[]}', '{"accounts":{"default":{"allowFrom":"1"}}}']) {
    writeFileSync(join(dir, "telegram", "pairing.json"), bad);
    expect(pairing.senders("telegram", "default").allowFrom).toEqual([]);
    // And it is not overwritten: somebody may mend it.
    expect(() => pairing.request(at, who("1"))).toThrow(
      expect.objectContaining({ code: "STATE_FILE_INVALID" }),
    );
    expect(readFileSync(join(dir, "telegram", "pairing.json"), "utf8")).toBe(bad);
  }
});

test("the stranger learns id, code and what to do, and no command of another account", () => {
  const pending = { ...at, id: "1", name: null, code: "ABCD2345", chatId: "1", createdAt: 0, expiresAt: 0 };
  expect(pairingText(pending)).toContain("openclaw pairing approve ABCD2345 --channel telegram");
  expect(pairingText(pending)).not.toContain("--account");
  expect(pairingText({ ...pending, account: "w" })).toContain("--channel telegram --account w");
});
