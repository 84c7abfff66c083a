import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { textOf, type TranscriptEntry } from "../core/conversation.ts";
import {
  fails,
  mainKey,
  openFixture,
  says,
  usage,
  uses,
  type Fixture,
} from "../../test/support/agent-fixture.ts";
import { makeTool } from "../../test/support/agent-tools.ts";
import { planCompaction, promptEntries, promptTokens } from "./compaction.ts";

const entryOf = (id: string, role: TranscriptEntry["role"], content: TranscriptEntry["content"]) => ({
  id,
  ts: 1,
  role,
  content,
});

/** Conversations as runs write them: every call is followed by its result. */
const conversation = fc
  .array(
    fc.record({
      rounds: fc.nat({ max: 3 }),
      size: fc.integer({ min: 1, max: 400 }),
      answered: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((turns) => {
    const entries: TranscriptEntry[] = [];
    const add = (role: TranscriptEntry["role"], content: TranscriptEntry["content"]) =>
      entries.push(entryOf(`e${entries.length}`, role, content));
    for (const turn of turns) {
      add("user", [{ type: "text", text: "u".repeat(turn.size) }]);
      for (let round = 0; round < turn.rounds; round++) {
        const id = `c${entries.length}`;
        add("assistant", [{ type: "tool_use", id, name: "t", input: {} }]);
        add("tool", [
          { type: "tool_result", tool_use_id: id, content: [{ type: "text", text: "r".repeat(turn.size) }] },
        ]);
      }
      if (turn.answered) add("assistant", [{ type: "text", text: "a".repeat(turn.size) }]);
    }
    return entries;
  });

describe("where a conversation is cut", () => {
  it("never parts a call from its result, drops something, and keeps no more than it must", () => {
    fc.assert(
      fc.property(conversation, fc.integer({ min: 0, max: 2000 }), (entries, keepTokens) => {
        const tokensOf = (entry: TranscriptEntry) => JSON.stringify(entry.content).length;
        const plan = planCompaction(entries, { keepTokens, tokensOf });
        if (!plan) {
          expect(entries.slice(1).every((entry) => entry.role === "tool")).toBe(true);
          return;
        }
        expect(plan.index).toBeGreaterThan(0);
        const kept = entries.slice(plan.index);
        expect(kept[0]?.id).toBe(plan.firstKeptId);
        expect(["user", "assistant"]).toContain(kept[0]?.role);
        const called = new Set(
          kept.flatMap((entry) => entry.content.map((block) => (block.type === "tool_use" ? block.id : ""))),
        );
        for (const entry of kept) {
          for (const block of entry.content)
            if (block.type === "tool_result") expect(called.has(block.tool_use_id)).toBe(true);
        }
        const size = kept.reduce((sum, entry) => sum + tokensOf(entry), 0);
        const next = kept.findIndex((entry, index) => index > 0 && entry.role !== "tool");
        // More than allowed is kept only when a later cut would leave nothing whole.
        if (size > keepTokens) expect(next).toBe(-1);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads a transcript the same way however the summary is placed", () => {
    const user = (id: string) => entryOf(id, "user", [{ type: "text", text: id }]);
    const summary: TranscriptEntry = {
      ...entryOf("s", "system", [{ type: "text", text: "sum" }]),
      kind: "compaction",
      compaction: { firstKeptId: "b", tokensBefore: 1 },
    };
    const ids = (entries: TranscriptEntry[]) => entries.map((entry) => entry.id).join("");
    expect(ids(promptEntries([user("a"), user("b"), summary, user("c")]))).toBe("sbc");
    expect(ids(promptEntries([summary, user("b"), user("c")]))).toBe("sbc");
    expect(ids(promptEntries([user("a"), user("b")]))).toBe("ab");
    const lost = { ...summary, compaction: { firstKeptId: null, tokensBefore: 1 } };
    expect(ids(promptEntries([user("a"), user("b"), lost, user("c")]))).toBe("sc");
  });

  it("counts from the newest answer on, and not by answers from before the summary", () => {
    const options = { estimate: (text: string) => text.length, base: 1000 };
    const answer = {
      ...entryOf("a", "assistant", [{ type: "text", text: "hi" }]),
      usage: { ...usage, total: 500 },
    };
    const asked = entryOf("u", "user", [{ type: "text", text: "12345" }]);
    expect(promptTokens([asked, answer, asked], options)).toBe(500 + 4 + 5);
    const summary: TranscriptEntry = { ...entryOf("s", "system", []), kind: "compaction", ts: 2 };
    expect(promptTokens([summary, answer, asked], options)).toBe(1000 + 4 + (4 + 2) + (4 + 5));
  });
});

describe("a conversation that fills the window", () => {
  let fixture: Fixture;
  afterEach(() => fixture.close());
  const small = {
    model: { contextWindow: 1000 },
    settings: { compaction: { enabled: true, reserveTokens: 100, keepRecentTokens: 60 } },
  };
  const full = (text: string, total: number) => [
    { type: "text" as const, delta: text },
    { type: "finish" as const, stopReason: "stop" as const, usage: { ...usage, total } },
  ];

  it("is summarised before the next answer, and goes on from the summary", async () => {
    fixture = await openFixture(small);
    fixture.model.script.push(
      says("One."),
      full("Two.", 700),
      says("- they said long ago"),
      says("Three."),
      says("Four."),
    );
    await fixture.say(`first ${"x".repeat(300)}`);
    await fixture.say("second");
    const { events } = await fixture.say("y".repeat(1200));
    expect(events.map((event) => event.type)).toEqual([
      "compaction_started",
      "compaction_finished",
      "text",
      "usage",
    ]);
    const asked = fixture.model.calls.at(-1)?.entries ?? [];
    expect(asked[0]).toMatchObject({ kind: "compaction", role: "system" });
    expect(textOf(asked[0]?.content ?? [])).toContain("they said long ago");
    expect(asked.at(-1)?.content).toMatchObject([{ text: "y".repeat(1200) }]);
    await fixture.reopen();
    await fixture.say("again");
    expect(fixture.model.calls.at(-1)?.entries[0]?.kind).toBe("compaction");
    expect(fixture.model.calls.at(-1)?.entries.at(-1)?.content).toMatchObject([{ text: "again" }]);
  });

  it("is summarised after the run when it is nearly full, without holding the session", async () => {
    fixture = await openFixture(small);
    fixture.model.script.push(says("One."), full("Two.", 850), says("- early"));
    await fixture.say(`first ${"x".repeat(300)}`);
    const { outcome } = await fixture.say("second");
    expect(outcome.status).toBe("ok");
    await expect.poll(() => fixture.storage.sessions.context(mainKey)[0]?.kind).toBe("compaction");
    expect(fixture.model.calls).toHaveLength(3);
  });

  it("drops a summary in the making when a run begins", async () => {
    fixture = await openFixture(small);
    let aborted = false;
    fixture.model.script.push(
      says("One."),
      full("Two.", 850),
      async function* (_call, signal) {
        await new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => resolve(), { once: true }),
        );
        aborted = true;
        yield* says("- too late");
      },
      says("Three."),
    );
    await fixture.say(`first ${"x".repeat(300)}`);
    await fixture.say("second");
    expect((await fixture.say("third")).outcome.payloads[0]?.text).toBe("Three.");
    await expect.poll(() => aborted).toBe(true);
    expect(fixture.transcript().every((entry) => entry.kind !== "compaction")).toBe(true);
  });

  it("is shortened and asked again when the provider says it is too long", async () => {
    fixture = await openFixture();
    fixture.model.script.push(
      says("One."),
      says("Two."),
      fails("context_overflow"),
      says("- sum"),
      says("Three."),
    );
    await fixture.say("first");
    await fixture.say("second");
    const { outcome } = await fixture.say("third");
    expect(outcome).toMatchObject({ status: "ok", payloads: [{ text: "Three." }] });
    expect(fixture.model.calls.at(-1)?.entries.length).toBeLessThan(5);
  });

  it("ends with a remedy when nothing can be shortened any more", async () => {
    fixture = await openFixture();
    fixture.model.script.push(fails("context_overflow"));
    const { outcome } = await fixture.say("hi");
    expect(outcome.error).toMatchObject({
      code: "CONTEXT_OVERFLOW",
      hint: expect.stringContaining("/compact"),
    });
  });

  it("keeps the request word for word when the turn itself is too long", async () => {
    fixture = await openFixture();
    fixture.tools.push(makeTool("look", "read", () => "z".repeat(4000)));
    fixture.model.script.push(
      uses(["look", {}, "1"]),
      uses(["look", {}, "2"]),
      fails("context_overflow"),
      says("- looked"),
      says("Found."),
    );
    expect((await fixture.say("find the needle")).outcome.status).toBe("ok");
    const first = fixture.model.calls.at(-1)?.entries[0];
    expect(textOf(first?.content ?? [])).toContain("The request being worked on:\nfind the needle");
  });

  it("is kept as excerpts when there is no model to summarise it", async () => {
    fixture = await openFixture({ ...small, model: { ...small.model, provider: "builtin", id: "offline" } });
    fixture.model.script.push(says("One."), full("Two.", 700), says("Three."));
    await fixture.say("my host is ash-3");
    await fixture.say("second");
    await fixture.say("y".repeat(1200));
    const summary = textOf(fixture.model.calls.at(-1)?.entries[0]?.content ?? []);
    expect(summary).toContain("- asked: my host is ash-3");
    expect(summary).toContain("- answered: One.");
  });
});
