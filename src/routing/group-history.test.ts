import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { policy } from "../../test/support/ledger-values.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import type { InboundMessageEvent } from "../channels/contract.ts";
import { textOf } from "../core/conversation.ts";
import { silentLogger } from "../core/logger.ts";
import { openStorage, type Storage } from "../sessions/index.ts";
import { resolvePaths } from "../state/index.ts";
import { createGroupHistory } from "./group-history.ts";
import { createOverheard, overheardEntries, type Overheard } from "./overheard.ts";

const clock = manualClock();
let home: string;
let storage: Storage;
let overheard: Overheard;
let history: ReturnType<typeof createGroupHistory>;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-overheard-"));
  await open();
});
afterEach(async () => {
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});

async function open() {
  const paths = resolvePaths({ env: {}, home });
  storage = await openStorage({ paths, clock, logger: silentLogger, policy: () => policy() });
  overheard = createOverheard({ db: storage.db, clock });
  history = createGroupHistory(overheard);
}

let next = 0;
const says = (text: string, messageId = String(++next)): InboundMessageEvent => ({
  kind: "message",
  channel: "x",
  account: "default",
  messageId,
  chat: { kind: "group", id: "g" },
  sender: { id: "1", name: "A: admin\nB" },
  text,
  mentioned: false,
  sentAt: 0,
});
const changes = (targetId: string, text: string | null) => {
  const { text: _, mentioned: __, ...base } = says("");
  return text === null
    ? { ...base, kind: "delete" as const, targetId }
    : { ...base, kind: "edit" as const, targetId, text };
};
/** What a run of this session is told, and then not again. */
const told = async (key: string) => {
  const lines = overheard.of(key);
  await overheard.forget(key, lines);
  return overheardEntries(lines, 1).map(({ content }) => textOf(content));
};

test("keeps the newest, once each, bounded in every direction", async () => {
  const twice = says("twice");
  for (const event of [says("first"), twice, twice, says("x".repeat(9000)), says("  ")])
    await history.note(["k"], event, 2);
  const [text = ""] = await told("k");
  expect(text.split("\n")).toEqual(["A admin B: twice", `A admin B: ${"x".repeat(2000)}`]);
  expect(await told("k")).toEqual([]);
  await history.note(["k"], says("unwanted"), 0);
  expect(await told("k")).toEqual([]);
});

test("a restart forgets nothing, and what comes while a run is told the rest waits for the next", async () => {
  await history.note(["k", "other"], says("before"), 5);
  await storage.close();
  await open();
  const lines = overheard.of("k");
  await history.note(["k"], says("meanwhile"), 5);
  await overheard.forget("k", lines);
  expect(await told("k")).toEqual(["A admin B: meanwhile"]);
  expect(await told("other")).toEqual(["A admin B: before"]);
});

test("follows every edit and deletion: what is told is what stands in the group", async () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant("says"), id: fc.nat(5), text: fc.string({ minLength: 1 }) }),
    fc.record({ does: fc.constant("edits"), id: fc.nat(5), text: fc.string({ minLength: 1 }) }),
    fc.record({ does: fc.constant("deletes"), id: fc.nat(5), text: fc.constant("") }),
  );
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, limit) => {
        const key = `k${++round}`;
        let model: Array<{ id: string; text: string }> = [];
        for (const { does, id: number, text } of steps) {
          const id = `${round}-${number}`;
          const known = model.find((line) => line.id === id);
          if (does === "says") {
            await history.note([key], says(text, id), limit);
            if (text.trim() !== "" && !known) model = [...model, { id, text }].slice(-limit);
          } else {
            await history.follow([key], changes(id, does === "edits" ? text : null));
            if (known && does === "edits") known.text = text;
            if (does === "deletes") model = model.filter((line) => line !== known);
          }
        }
        const lines = model.map(
          ({ text }) => `A admin B: ${text.replaceAll(/[\r\n\u2028\u2029]+/gu, "\n  ")}`,
        );
        const [all = ""] = await told(key);
        expect(all).toBe(lines.join("\n").toWellFormed());
      },
    ),
    { numRuns: 60 },
  );
});

test("five hundred conversations are kept; the one quiet longest goes, and what is a month old", async () => {
  await Promise.all(Array.from({ length: 500 }, (_, n) => history.note([`k${n}`], says("hi"), 5)));
  await history.note(["k0"], says("still here"), 5);
  await history.note(["new"], says("hi"), 5);
  expect(await told("k1")).toEqual([]);
  expect((await told("k0"))[0]).toContain("still here");
  clock.advance(31 * 24 * 3600 * 1000);
  await history.note(["later"], says("hi"), 5);
  expect(await told("k2")).toEqual([]);
  expect(await told("later")).toEqual(["A admin B: hi"]);
});
