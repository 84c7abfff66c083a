import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noUsage, type TranscriptEntry } from "../core/conversation.ts";
import { silentLogger } from "../core/logger.ts";
import { entry, policy } from "../../test/support/ledger-values.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { resolvePaths, type Paths } from "../state/index.ts";
import { openSessionsReadOnly, openStorage, type SessionStore, type Storage } from "./index.ts";

const key = "agent:main:main";
const clock = manualClock();
let dir: string;
let paths: Paths;
let storage: Storage;

const open = async (): Promise<void> => {
  storage = await openStorage({ paths, clock, logger: silentLogger, policy });
  await storage.ledger.recover();
};
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "branch-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir });
  await open();
  await storage.sessions.ensure(key, "main");
});
afterEach(async () => {
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

const file = () => storage.sessions.transcriptPath(key);
const ids = (entries: readonly TranscriptEntry[]) => entries.map(({ id }) => id).join(" ");
const answerOf = (id: string, tokens: number): TranscriptEntry =>
  entry(id, { role: "assistant", usage: { ...noUsage, input: tokens, total: tokens } });
const compaction = (id: string, firstKeptId: string | null): TranscriptEntry =>
  entry(id, { role: "system", kind: "compaction", compaction: { firstKeptId, tokensBefore: 1 } });

/** As `chat.send` does it: with what the transcript says of the entry that is replaced. */
function replacing(id: string, target: string): TranscriptEntry {
  const found = storage.sessions.find(key, target);
  if (!found) throw new Error(`${target} is not on the branch`);
  const version = (found.entry.replaces?.version ?? 1) + 1;
  return entry(id, { replaces: { id: target, version, ...(found.at === null ? {} : { at: found.at }) } });
}
const put = (...entries: TranscriptEntry[]) => storage.sessions.append(key, entries);

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}

describe("an entry that takes the place of another", () => {
  it("hides that one and what came after it, for every reader, and keeps their lines", async () => {
    await put(entry("u1"), answerOf("a1", 10), entry("u2"), answerOf("a2", 20));
    await put(replacing("u2b", "u2"));
    const { sessions } = storage;
    expect(ids(sessions.context(key))).toBe("u1 a1 u2b");
    expect(ids(sessions.tail(key, 2))).toBe("a1 u2b");
    const first = sessions.page(key, { limit: 1, from: 0 })[0];
    expect(first?.at).toBe(0);
    const second = sessions.find(key, "a1");
    expect(ids(sessions.page(key, { limit: 9, from: second?.at ?? 0 }).map(({ entry: e }) => e))).toBe(
      "a1 u2b",
    );
    expect(ids(await collect(sessions.all(key)))).toBe("u1 a1 u2b");
    expect(
      (await collect(sessions.everything(key))).map(({ entry: e, isSuperseded }) =>
        isSuperseded ? `(${e.id})` : e.id,
      ),
    ).toEqual(["u1", "a1", "(u2)", "(a2)", "u2b"]);
    expect(sessions.find(key, "u2")).toBeNull();
    expect(readFileSync(file(), "utf8").split("\n")).toHaveLength(6);
  });

  it("turns the session's record back too", async () => {
    await put(entry("u1"), answerOf("a1", 10), entry("u2"), answerOf("a2", 20));
    expect(storage.sessions.get(key)).toMatchObject({ contextTokens: 20, lastPreview: "text of a2" });
    await put(replacing("u2b", "u2"));
    expect(storage.sessions.get(key)).toMatchObject({
      contextTokens: 10,
      lastPreview: "text of u2b",
      firstText: "text of u1",
    });
    await put(replacing("u1b", "u1"));
    expect(storage.sessions.get(key)).toMatchObject({
      contextTokens: 0,
      lastPreview: "text of u1b",
      firstText: "text of u1b",
    });
    expect(ids(storage.sessions.context(key))).toBe("u1b");
  });

  it("shows its earlier versions with what followed each", async () => {
    await put(entry("u1"), entry("a1"), entry("u2"), entry("a2"));
    await put(replacing("u2b", "u2"), entry("a2b"));
    await put(replacing("u1b", "u1"), entry("a1b"));
    await put(replacing("u1c", "u1b"));
    const version = (id: string, n: number, limit = 99) =>
      storage.sessions.earlierVersion(key, { id, version: n, limit });
    expect(ids(version("u1c", 1)?.entries ?? [])).toBe("u1 a1 u2b a2b");
    expect(ids(version("u1c", 2)?.entries ?? [])).toBe("u1b a1b");
    expect(version("u1c", 1, 2)).toMatchObject({ of: 3, more: true, entries: [{ id: "u1" }, { id: "a1" }] });
    for (const [id, n] of [
      ["u1c", 3],
      ["u1c", 0],
      ["u1", 1],
      ["nobody", 1],
    ] as const)
      expect(version(id, n)).toBeNull();
  });

  it("goes behind a summary, which goes with it", async () => {
    await put(entry("u1"), entry("u2"), entry("u3"), compaction("C", "u3"), entry("u4"));
    expect(ids(storage.sessions.context(key))).toBe("C u3 u4");
    await put(replacing("u3b", "u3"));
    expect(ids(storage.sessions.context(key))).toBe("u1 u2 u3b");
    await put(compaction("D", "u3b"), entry("u5"));
    await put(replacing("u5b", "u5"));
    expect(ids(storage.sessions.context(key))).toBe("D u3b u5b");
    expect(ids(storage.sessions.contextBefore(key, "u5b") ?? [])).toBe("D u3b");
    expect(storage.sessions.contextBefore(key, "u5")).toBeNull();
  });

  it("is an ordinary entry when what it names is not there", async () => {
    await put(entry("u1"), entry("x", { replaces: { id: "gone", version: 2, at: 0 } }), entry("u2"));
    expect(ids(storage.sessions.context(key))).toBe("u1 x u2");
    expect(ids(await collect(storage.sessions.all(key)))).toBe("u1 x u2");
    appendFileSync(file(), `${JSON.stringify({ ...entry("y"), replaces: "nonsense" })}\n`);
    expect(ids(storage.sessions.context(key))).toBe("u1 x u2 y");
  });

  it("is found again after somebody put lines in before it", async () => {
    await put(entry("u1"), entry("u2"));
    await put(replacing("u2b", "u2"));
    writeFileSync(file(), `${JSON.stringify(entry("u0"))}\n${readFileSync(file(), "utf8")}`);
    expect(ids(storage.sessions.context(key))).toBe("u0 u1 u2b");
    expect(ids(storage.sessions.tail(key, 9))).toBe("u0 u1 u2b");
  });

  it("holds for lines that are committed and not in the file yet", async () => {
    await put(entry("u1"), entry("u2"));
    await storage.close();
    await open();
    const { size } = statSync(file());
    await put(replacing("u2b", "u2"), entry("u3"));
    await put(replacing("u3b", "u3"));
    await put(replacing("u3c", "u3b"), entry("u4"));
    truncateSync(file(), size);
    const reader = await openSessionsReadOnly({ paths });
    if (!reader) throw new Error("nothing stored");
    expect(ids(reader.tail(key, 2))).toBe("u3c u4");
    expect(ids(reader.tail(key, 9))).toBe("u1 u2b u3c u4");
    expect(reader.find(key, "u3")).toBeNull();
    expect(ids(reader.contextBefore(key, "u4") ?? [])).toBe("u1 u2b u3c");
    expect(ids(reader.contextBefore(key, "u3c") ?? [])).toBe("u1 u2b");
    expect(ids(reader.page(key, { limit: 9, from: 0 }).map((placed) => placed.entry))).toBe("u1 u2b u3c u4");
    expect(ids(await collect(reader.all(key)))).toBe("u1 u2b u3c u4");
    reader.close();
  });

  it("is not taken from the words of a message", async () => {
    const text = '{"replaces":{"id":"u1","version":2}}';
    await put(entry("u1"), entry("u2", { content: [{ type: "text", text }] }));
    await put(
      entry("a", {
        role: "assistant",
        content: [{ type: "tool_use", id: "t", name: "x", input: { replaces: { id: "u1", version: 2 } } }],
      }),
    );
    expect(ids(storage.sessions.context(key))).toBe("u1 u2 a");
    expect(ids(await collect(storage.sessions.all(key)))).toBe("u1 u2 a");
  });
});

/** What happens next; numbers pick among what there is then. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("say" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("rewind" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("compact" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("aside" as const) }) },
  // The process dies; `lost` bytes of the file were not on the disk.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), lost: fc.nat({ max: 400 }) }) },
);

/** The branch and the context as lists, the simplest way there is. */
class Model {
  branch: TranscriptEntry[] = [];
  add(next: TranscriptEntry): void {
    const at = next.replaces ? this.branch.findIndex(({ id }) => id === next.replaces?.id) : -1;
    this.branch = [...(at < 0 ? this.branch : this.branch.slice(0, at)), next];
  }
  context(): TranscriptEntry[] {
    const at = this.branch.findLastIndex(({ kind }) => kind === "compaction");
    const words = (from: number) =>
      this.branch.slice(from).filter(({ kind }) => kind !== "compaction" && kind !== "aside");
    const summary = this.branch[at];
    if (!summary) return words(0);
    const kept = this.branch.findIndex(({ id }) => id === summary.compaction?.firstKeptId);
    return [summary, ...words(kept < 0 ? at : kept)];
  }
}

it("is, after any sequence of messages, changes, summaries and crashes, the branch a list would be", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 9 }),
      async (steps, limit) => {
        await storage.sessions.reset(key);
        const model = new Model();
        const said: string[] = [];
        /** Bytes of the file that were fsynced. */
        let durable = 0;
        const add = async (...entries: TranscriptEntry[]) => {
          await put(...entries);
          for (const each of entries) model.add(each);
          said.push(...entries.map(({ id }) => id));
        };
        for (const [index, next] of steps.entries()) {
          const users = model.branch.filter(({ role, kind }) => role === "user" && kind !== "aside");
          const user = "pick" in next ? users[next.pick % Math.max(1, users.length)] : undefined;
          if (next.kind === "say") await add(entry(`u${index}`), answerOf(`a${index}`, index + 1));
          if (next.kind === "aside") await add(entry(`s${index}`, { kind: "aside" }));
          if (next.kind === "rewind" && user)
            await add(replacing(`u${index}`, user.id), answerOf(`a${index}`, index + 1));
          if (next.kind === "compact") await add(compaction(`c${index}`, user?.id ?? null));
          if (next.kind === "crash") {
            const before = storage;
            const path = file();
            const length = said.length === 0 ? 0 : statSync(path).size;
            if (length > 0) truncateSync(path, Math.max(durable, length - next.lost));
            await open();
            await before.close();
            durable = said.length === 0 ? 0 : statSync(path).size;
          }
          const { sessions } = storage;
          expect(ids(sessions.context(key))).toBe(ids(model.context()));
          expect(ids(sessions.tail(key, limit, { asides: true }))).toBe(ids(model.branch.slice(-limit)));
        }
        const { sessions } = storage;
        const branch = ids(model.branch);
        expect(ids(await collect(sessions.all(key)))).toBe(branch);
        const everything = await collect(sessions.everything(key));
        expect(everything.map(({ entry: e }) => e.id)).toEqual(said);
        expect(ids(everything.flatMap(({ entry: e, isSuperseded }) => (isSuperseded ? [] : [e])))).toBe(
          branch,
        );
        const shown = model.branch.filter(({ kind }) => kind !== "aside");
        expect(pagesOf(sessions, limit, "back")).toBe(ids(shown));
        expect(pagesOf(sessions, limit, "forth")).toBe(ids(shown));
        const reader = await openSessionsReadOnly({ paths });
        expect(ids(reader?.context(key) ?? [])).toBe(ids(model.context()));
        reader?.close();
        for (const { id } of model.branch.slice(-3)) expect(sessions.find(key, id)?.entry.id).toBe(id);
        const lastAnswer = model.branch.findLast(({ usage }) => usage !== undefined);
        expect(sessions.get(key)).toMatchObject({ contextTokens: lastAnswer?.usage?.input ?? 0 });
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

/** A conversation as a page of a browser reads it: backwards from its end, or forwards from its beginning. */
function pagesOf(sessions: SessionStore, limit: number, way: "back" | "forth"): string {
  let all: TranscriptEntry[] = [];
  let place: number | undefined = way === "forth" ? 0 : undefined;
  for (let pages = 0; pages < 200; pages++) {
    const page = sessions.page(
      key,
      way === "back" ? { limit, before: place } : { limit: limit + 1, from: place },
    );
    const part = page.slice(0, limit).map(({ entry: each }) => each);
    all = way === "back" ? [...part, ...all] : [...all, ...part];
    const next = way === "back" ? page[0]?.at : page[limit]?.at;
    if (next === undefined || next === null || (way === "back" && next === 0)) return ids(all);
    place = next;
  }
  throw new Error("pages without end");
}
