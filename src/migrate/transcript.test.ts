import fc from "fast-check";
import { expect, test } from "vitest";
import { textOf } from "../core/conversation.ts";
import { mergeByTurn } from "./plan-conversations.ts";
import { convertTranscript } from "./transcript.ts";

const at = (n: number): string => new Date(1_795_000_000_000 + n * 1000).toISOString();
const line = (n: number, role: string, text: string, more: object = {}) => ({
  type: "message",
  id: `e${n}`,
  parentId: n === 0 ? null : `e${n - 1}`,
  timestamp: at(n),
  message: { role, content: [{ type: "text", text }], ...more },
});

test("no message is lost and none changes its place, whatever else the file holds", () => {
  const message = fc.record({
    kind: fc.constantFrom("user", "assistant", "injected", "note", "torn"),
    text: fc.string({ minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (script) => {
      let parent: string | null = null;
      const events = script.map(({ kind, text }, n) => {
        if (kind === "torn") return null;
        const id = `e${n}`;
        const own: object = { id, parentId: parent, timestamp: at(n) };
        const isInjected = kind === "injected";
        if (!isInjected) parent = id;
        if (kind === "note") return { type: "custom", customType: "model-snapshot", ...own };
        const role = kind === "user" ? "user" : "assistant";
        const body = {
          role,
          content: [{ type: "text", text }],
          ...(isInjected && { stopReason: "injected" }),
        };
        return { type: "message", message: body, ...(isInjected ? { id, timestamp: at(n) } : own) };
      });
      const { parts, count } = convertTranscript("t", [{ type: "session", id: "t" }, ...events]);
      const spoken = script.filter(({ kind }) => kind !== "note" && kind !== "torn").map(({ text }) => text);
      const entries = parts.flat().filter(({ id }) => !id.endsWith(":interrupted"));
      expect(entries.map(({ content }) => textOf(content))).toEqual(spoken);
      expect(count.messages).toMatchObject({ found: spoken.length, left: 0 });
      expect(count.notes.found).toBe(script.length - spoken.length + 1);
    }),
  );
});

test("what was found is always what was carried, transformed and left, in any tree", () => {
  const node = fc.record({
    parent: fc.option(fc.nat(60), { nil: undefined }),
    type: fc.constantFrom("message", "compaction", "reset", "custom_message", "label"),
    role: fc.constantFrom("user", "assistant", "toolResult", "nobody"),
  });
  fc.assert(
    fc.property(fc.array(node, { maxLength: 40 }), (nodes) => {
      const events = nodes.map(({ parent, type, role }, n) => ({
        type,
        id: `e${n}`,
        ...(parent !== undefined && { parentId: `e${parent}` }),
        message: { role, content: "x" },
        content: "y",
      }));
      const { count, parts, left } = convertTranscript("t", events);
      for (const part of [count.messages, { carried: 0, ...count.notes }])
        expect(part.carried + part.transformed + part.left).toBe(part.found);
      const ids = parts.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(Object.values(left).reduce((sum, n) => sum + n, 0)).toBe(count.messages.left + count.notes.left);
    }),
  );
});

test("merging keeps every entry and the order within each transcript", () => {
  const entry = fc.record({ gap: fc.nat(50), role: fc.constantFrom("user" as const, "assistant" as const) });
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 12 }), { maxLength: 3 }), (scripts) => {
      const transcripts = scripts.map((script, t) => {
        let ts = 0;
        return script.map(({ gap, role }, n) => ({ id: `${t}:${n}`, ts: (ts += gap), role, content: [] }));
      });
      const merged = mergeByTurn(transcripts).map(({ id }) => id);
      for (const [t, transcript] of transcripts.entries())
        expect(merged.filter((id) => id.startsWith(`${t}:`))).toEqual(transcript.map(({ id }) => id));
      expect(merged).toHaveLength(transcripts.flat().length);
    }),
  );
});

test("an abandoned branch is left and said, a killed tool call gets its result, a turn its outcome", () => {
  const call = { type: "toolCall", id: "c1", name: "read", arguments: { path: "a" } };
  const { parts, count, left } = convertTranscript("t", [
    line(0, "user", "first"),
    line(1, "assistant", "dropped"),
    {
      ...line(2, "assistant", ""),
      parentId: "e0",
      message: { role: "assistant", content: [call], stopReason: "toolUse" },
    },
  ]);
  expect(left).toEqual({ "a message of an abandoned branch": 1 });
  expect(count.messages).toEqual({ found: 3, carried: 1, transformed: 1, left: 1 });
  expect(parts.flat().map(({ role, content }) => [role, content[0]?.type])).toEqual([
    ["user", "text"],
    ["assistant", "tool_use"],
    ["tool", "tool_result"],
    ["assistant", undefined],
  ]);
  expect(parts.flat().at(-1)).toMatchObject({ stopReason: "error", error: { code: "INTERRUPTED" } });
  expect(count.added).toBe(2);
});

test("a reset closes what came before it; a compaction keeps its place and its boundary", () => {
  const { parts } = convertTranscript("t", [
    line(0, "user", "old"),
    line(1, "assistant", "answer"),
    { type: "reset", id: "e2", parentId: "e1", timestamp: at(2) },
    line(3, "user", "new"),
    {
      type: "compaction",
      id: "e4",
      parentId: "e3",
      timestamp: at(4),
      summary: "all of it",
      firstKeptEntryId: "e3",
      tokensBefore: 9,
    },
  ]);
  expect(parts.map((part) => part.map(({ content }) => textOf(content)))).toEqual([
    ["old", "answer"],
    ["new", "all of it"],
  ]);
  expect(parts[1]?.[1]).toMatchObject({
    kind: "compaction",
    compaction: { firstKeptId: "t:e3", tokensBefore: 9 },
  });
});
