import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { chunkMarkdown } from "./chunk.ts";
import { createMemory, type Memory } from "./index.ts";

let base: string;
let workspaceDir: string;
let indexPath: string;
let memory: Memory;
const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 21, 23, 30) };
const note = (path: string, text: string) => {
  mkdirSync(join(workspaceDir, path, ".."), { recursive: true });
  writeFileSync(join(workspaceDir, path), text);
};
const found = async (query: string) =>
  (await memory.search(query)).map((hit) => `${hit.path}:${hit.startLine}`);

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "memory-"));
  workspaceDir = join(base, "ws");
  indexPath = join(base, "cache/memory/main.sqlite");
  mkdirSync(workspaceDir);
  memory = createMemory({ workspaceDir, indexPath, clock });
});
afterEach(async () => {
  await memory.close();
  rmSync(base, { recursive: true, force: true });
});

test("what is saved is a dated bullet that is found again, once", async () => {
  expect(await memory.save("The cat is called\n Miso.")).toEqual({ path: "MEMORY.md", line: 3, added: true });
  expect(await memory.save("The cat is called Miso.")).toMatchObject({ line: 3, added: false });
  expect(readFileSync(join(workspaceDir, "MEMORY.md"), "utf8")).toBe(
    "# Memory\n\n- 2026-11-21: The cat is called Miso.\n",
  );
  expect((await memory.search("what do you know about my cat?"))[0]?.text).toContain("Miso");
  const local = createMemory({ workspaceDir, indexPath, clock, timeZone: "Asia/Tokyo" });
  await local.save("x");
  expect(readFileSync(join(workspaceDir, "MEMORY.md"), "utf8")).toContain("- 2026-11-22: x");
});

test("simultaneous saves all arrive", async () => {
  await Promise.all(Array.from({ length: 20 }, (_, at) => memory.save(`fact ${at}`)));
  expect(readFileSync(join(workspaceDir, "MEMORY.md"), "utf8").match(/fact/g)).toHaveLength(20);
});

test("finds words, beginnings, accents, parts of words, short words and unspaced scripts", async () => {
  note(
    "memory/2026-11-20.md",
    "# Trip\n\nWe stay at Hôtel Lutetia.\n\n# Work\n\nThe superconductor demo is on 5G and AI.\n",
  );
  note("memory/deep/er/jp.md", "去年我们在东京的旅行很愉快。\n\n猫の名前はミソです。\n");
  expect(await found("hotel")).toEqual(["memory/2026-11-20.md:1"]);
  expect(await found("supercond")).toEqual(["memory/2026-11-20.md:5"]);
  expect(await found("conductor")).toEqual(["memory/2026-11-20.md:5"]);
  expect(await found("AI")).toEqual(["memory/2026-11-20.md:5"]);
  expect(await found("东京旅行")).toEqual(["memory/deep/er/jp.md:1"]);
  expect(await found("猫")).toEqual(["memory/deep/er/jp.md:1"]);
  expect(await found("trip")).toContain("memory/2026-11-20.md:1");
});

test("changed, removed and new files are noticed; other files are not notes", async () => {
  note("memory/a.md", "alpha");
  note("other.md", "alpha");
  expect(await found("alpha")).toEqual(["memory/a.md:1"]);
  note("memory/a.md", "beta now");
  expect(await found("alpha")).toEqual([]);
  expect(await found("beta")).toEqual(["memory/a.md:1"]);
  rmSync(join(workspaceDir, "memory/a.md"));
  expect(await found("beta")).toEqual([]);
  await expect(memory.get("other.md")).rejects.toMatchObject({ code: "MEMORY_PATH_INVALID" });
  await expect(memory.get("memory/../../x.md")).rejects.toMatchObject({ code: "PATH_INVALID" });
});

test("a damaged or missing index is rebuilt from the notes", async () => {
  note("MEMORY.md", "- gamma\n");
  expect(await found("gamma")).toHaveLength(1);
  await memory.close();
  for (const content of ["garbage that is no database at all, long enough to be read as a header page", ""]) {
    writeFileSync(indexPath, content);
    rmSync(`${indexPath}-wal`, { force: true });
    rmSync(`${indexPath}-shm`, { force: true });
    expect(await found("gamma")).toHaveLength(1);
    await memory.close();
  }
  expect(statSync(join(base, "cache/memory")).mode & 0o777).toBe(0o700);
});

test("questions are never read as search operators", async () => {
  note("MEMORY.md", "- delta\n");
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary", maxLength: 40 }),
      async (query) => void (await memory.search(query)),
    ),
    { numRuns: 200 },
  );
  expect(await found('delta" OR NEAR(x AND * ^ (')).toHaveLength(1);
});

test("every line that is not blank lies in exactly one piece, in order", () => {
  const line = fc.oneof(
    fc.constantFrom("", "# A", "## B", "- item", "text ".repeat(60), "  "),
    fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 80 }), (lines) => {
      const covered = chunkMarkdown(lines.join("\n")).flatMap((chunk) => {
        expect(chunk.text.split("\n")).toEqual(lines.slice(chunk.startLine - 1, chunk.endLine));
        return Array.from({ length: chunk.endLine - chunk.startLine + 1 }, (_, at) => chunk.startLine + at);
      });
      expect(covered).toEqual([...new Set(covered)].sort((a, b) => a - b));
      expect(
        lines
          .flatMap((text, at) => (text.trim() === "" ? [] : [at + 1]))
          .filter((at) => !covered.includes(at)),
      ).toEqual([]);
    }),
  );
});
