import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { textOf, type TranscriptEntry } from "../core/conversation.ts";
import type { InboundMessage } from "../ledger/index.ts";
import { cause, openFixture, says, uses, mainKey, type Fixture } from "../../test/support/agent-fixture.ts";
import { makeTool } from "../../test/support/agent-tools.ts";

let fixture: Fixture;
afterEach(() => fixture.close());

/** As `chat.send` does it with `replaces`. */
function instead(id: string): Partial<InboundMessage> {
  const found = fixture.storage.sessions.find(mainKey, id);
  if (!found) throw new Error(`${id} is not part of the conversation`);
  const version = (found.entry.replaces?.version ?? 1) + 1;
  return { mode: "followup", replaces: { id, version, ...(found.at === null ? {} : { at: found.at }) } };
}
const words = (entries: readonly TranscriptEntry[]): string[] =>
  entries.flatMap(({ content }) => textOf(content) || []);
/** What the model was given in its last turn; a person's words stand behind a label there. */
const given = (): string[] =>
  words(fixture.model.calls.at(-1)?.entries ?? []).map((text) => text.split("\n").at(-1) ?? "");
const said = (text: string): string => {
  const found = fixture
    .transcript()
    .findLast((entry) => entry.role === "user" && textOf(entry.content) === text);
  if (!found) throw new Error(`nobody said ${text}`);
  return found.id;
};

it("answers the new text as if the old one had never been said", async () => {
  fixture = await openFixture();
  fixture.model.script.push(says("Hello."), says("It rains."), says("Is there more?"));
  await fixture.say("hi");
  await fixture.say("weather in Rome");
  await fixture.say("thanks");
  fixture.model.script.push(says("It shines."));
  await fixture.say("weather in Oslo", instead(said("weather in Rome")));
  expect(given()).toEqual(["hi", "Hello.", "weather in Oslo"]);
  expect(words(fixture.transcript())).toEqual(["hi", "Hello.", "weather in Oslo", "It shines."]);
  // What was superseded has its runs, costs and reasons as before.
  for (const id of ["run-2", "run-3"])
    expect(fixture.storage.ledger.outcome(id)).toMatchObject({ status: "ok", usage: { total: 120 } });
  expect(fixture.storage.sessions.get(mainKey)?.usage.total).toBe(480);
  const rules = fixture.storage.ledger.why("run-4").trace.map(({ rule }) => rule);
  expect(rules).toEqual(expect.arrayContaining(["rewind.accepted", "rewind.done"]));
});

it("is refused while the session is at work or something waits in it, and stores nothing then", async () => {
  fixture = await openFixture();
  fixture.model.script.push(says("one"));
  await fixture.say("first");
  const change = instead(said("first"));
  const busy = { code: "SESSION_BUSY", retryable: true };
  await fixture.accept("second");
  await expect(fixture.accept("changed", { ...change, runId: "edit" })).rejects.toMatchObject(busy);
  const lease = await fixture.claim();
  await expect(fixture.accept("changed", { ...change, runId: "edit" })).rejects.toMatchObject(busy);
  fixture.model.script.push(says("two"), says("three"));
  await fixture.run(lease);
  expect(fixture.storage.ledger.message("test:edit")).toBeNull();
  // The same key is still free; two of the same kind at once are one.
  const [one, two] = await Promise.allSettled([
    fixture.accept("changed", { ...change, runId: "edit" }),
    fixture.accept("changed otherwise", { ...change, runId: "other" }),
  ]);
  expect([one.status, two.status]).toEqual(["fulfilled", "rejected"]);
  await fixture.run(await fixture.claim());
  expect(words(fixture.transcript())).toEqual(["changed", "three"]);
  // Sent again under its key after all that, it is the same message.
  await fixture.accept("changed", { ...change, runId: "edit" });
  expect(fixture.storage.ledger.activity().queued).toBe(0);
});

it("says so when what was to be replaced is gone by the time of the run", async () => {
  fixture = await openFixture();
  fixture.model.script.push(says("one"));
  await fixture.say("first");
  await fixture.accept("changed", instead(said("first")));
  await fixture.storage.sessions.reset(mainKey);
  const { outcome } = await fixture.run(await fixture.claim());
  expect(outcome).toMatchObject({ status: "error", error: { code: "REWIND_GONE" } });
  expect(fixture.transcript()).toEqual([]);
});

const step = fc.record({
  kind: fc.constantFrom("say", "say", "say", "change", "change", "compact"),
  pick: fc.nat(),
  /** Where the process dies: after the message was accepted, after its run was claimed, in its tool; or not. */
  dies: fc.constantFrom("no", "no", "no", "accepted", "claimed", "tool"),
});

it("after any sequence of messages, changes, summaries and crashes the model sees what it should", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), async (steps) => {
      fixture = await openFixture();
      let die: (() => void) | null = null;
      fixture.tools.push(
        makeTool("look", "read", (_text, context) => {
          die?.();
          context.signal.throwIfAborted();
          return "seen";
        }),
      );
      // The conversation as a list of turns: what was asked, and what the model answered.
      let turns: Array<{ asked: string; id: string }> = [];
      for (const [index, { kind, pick, dies }] of steps.entries()) {
        if (kind === "compact") {
          const before = words(fixture.storage.sessions.context(mainKey));
          fixture.model.script.push(says("summary"));
          await fixture.say("/compact");
          fixture.model.script.length = 0;
          const after = words(fixture.storage.sessions.context(mainKey));
          // A summary, and then the end of what there was.
          if (after[0]?.includes("summary"))
            expect(before.join("|").endsWith(after.slice(1).join("|"))).toBe(true);
          continue;
        }
        const target = kind === "change" ? turns[pick % Math.max(1, turns.length)] : undefined;
        const asked = `ask ${index}`;
        await fixture.accept(asked, target ? instead(target.id) : {});
        if (dies === "accepted") await fixture.reopen();
        if (dies === "claimed") {
          await fixture.claim();
          await fixture.reopen();
        }
        const answer = says(`answer ${index}`);
        if (dies === "tool") {
          const controller = new AbortController();
          die = () => controller.abort(cause("shutdown"));
          fixture.model.script.push(uses(["look", {}, `call-${index}`]));
          await expect(fixture.run(await fixture.claim(), controller.signal)).rejects.toMatchObject({
            code: "RUN_SUSPENDED",
          });
          die = null;
          await fixture.reopen();
        }
        fixture.model.script.push(answer);
        const { outcome } = await fixture.run(await fixture.claim());
        expect(outcome.status).toBe("ok");
        if (target) turns = turns.slice(0, turns.indexOf(target));
        turns.push({ asked, id: said(asked) });
        const history = turns.flatMap(({ asked: each }) => [each, each.replace("ask", "answer")]);
        expect(
          words(fixture.transcript().filter((entry) => entry.role !== "tool" && entry.kind !== "compaction")),
        ).toEqual(history);
        // The prompt is the end of that, behind the summary of the rest where there is one.
        const prompt = given().filter((text) => text !== "seen");
        const known = prompt.filter((text) => history.includes(text));
        expect(history.slice(0, -1).slice(-known.length)).toEqual(known);
        const hasSummary = fixture.storage.sessions.context(mainKey)[0]?.kind === "compaction";
        if (!hasSummary) expect(known).toHaveLength(history.length - 1);
        expect(fixture.storage.sessions.tail(mainKey, 1).map((entry) => textOf(entry.content))).toEqual([
          `answer ${index}`,
        ]);
      }
      await fixture.close();
    }),
    { numRuns: 20 },
  );
}, 60_000);
