import { afterEach, describe, expect, it } from "vitest";
import { textOf, type ToolResultBlock } from "../core/conversation.ts";
import { cause, openFixture, says, uses, type Fixture } from "../../test/support/agent-fixture.ts";
import { entriesOfMessage } from "./incoming.ts";
import { makeTool } from "../../test/support/agent-tools.ts";

let fixture: Fixture;
afterEach(() => fixture.close());

const results = (f: Fixture): ToolResultBlock[] =>
  f
    .transcript()
    .flatMap((entry) => entry.content.flatMap((block) => (block.type === "tool_result" ? [block] : [])));

/** Begins a run and lets the process "die" as soon as `tool` has begun: nothing after that is recorded. */
async function dieIn(f: Fixture, text: string, tool: string): Promise<void> {
  await f.accept(text);
  const controller = new AbortController();
  const died = f.run(await f.claim(), controller.signal, (event) => {
    if (event.type === "tool_update" && event.name === tool) controller.abort(cause("shutdown"));
  });
  await expect(died).rejects.toMatchObject({ code: "RUN_SUSPENDED" });
  await f.reopen();
}

/** A tool that hangs the first time and works afterwards. */
function hangsOnce(f: Fixture, name: string, effect: "read" | "exec") {
  const ran: number[] = [];
  f.tools.push(
    makeTool(name, effect, async (_text, context) => {
      ran.push(ran.length + 1);
      if (ran.length > 1) return `${name} done`;
      context.update("began");
      // Whoever watches stops the run at this point, so the signal is aborted already.
      return "late";
    }),
  );
  return ran;
}

describe("a run that is taken up again", () => {
  it("repeats what only reads", async () => {
    fixture = await openFixture();
    const ran = hangsOnce(fixture, "look", "read");
    fixture.model.script.push(uses(["look", {}, "c1"]));
    await dieIn(fixture, "look it up", "look");
    fixture.model.script.push(says("Found."));
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome).toMatchObject({ status: "ok", usage: { total: 240 } });
    expect(ran).toEqual([1, 2]);
    expect(results(fixture)).toMatchObject([{ tool_use_id: "c1", content: [{ text: "look done" }] }]);
    expect(fixture.transcript().map((entry) => entry.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });

  it("never repeats what may have had an effect, and tells the model that the outcome is unknown", async () => {
    fixture = await openFixture();
    const ran = hangsOnce(fixture, "deploy", "exec");
    const after: string[] = [];
    fixture.tools.push(makeTool("tell", "write", (text) => (after.push(text), "told")));
    fixture.model.script.push(uses(["deploy", {}, "c1"], ["tell", { text: "all" }, "c2"]));
    await dieIn(fixture, "deploy, then tell", "deploy");
    fixture.model.script.push(says("I have to check."));
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome.status).toBe("ok");
    expect(ran).toEqual([1]);
    // The second call had not begun: it is made now.
    expect(after).toEqual(["all"]);
    expect(results(fixture)).toMatchObject([
      { tool_use_id: "c1", is_error: true, outcome: "unknown" },
      { tool_use_id: "c2", content: [{ text: "told" }] },
    ]);
    const told = fixture.model.calls.at(-1)?.entries.flatMap((entry) => entry.content) ?? [];
    expect(JSON.stringify(told)).toContain("its outcome is unknown");
  });

  it("asks for an approval again when it died while waiting for one", async () => {
    fixture = await openFixture();
    const controller = new AbortController();
    let asked = 0;
    let ran = 0;
    fixture.tools.push({
      ...makeTool("deploy", "exec", () => `ran ${++ran}`),
      authorize: async (_input, context) => {
        asked += 1;
        if (asked > 1) return null;
        controller.abort(cause("shutdown"));
        await new Promise<void>((resolve) => {
          if (context.signal.aborted) resolve();
          context.signal.addEventListener("abort", () => resolve(), { once: true });
        });
        throw context.signal.reason;
      },
    });
    fixture.model.script.push(uses(["deploy", {}, "c1"]));
    await fixture.accept("deploy");
    await expect(fixture.run(await fixture.claim(), controller.signal)).rejects.toMatchObject({
      code: "RUN_SUSPENDED",
    });
    await fixture.reopen();
    fixture.model.script.push(says("Deployed."));
    expect((await fixture.run(await fixture.claim())).outcome.status).toBe("ok");
    expect([asked, ran]).toEqual([2, 1]);
    expect(results(fixture)).toMatchObject([{ content: [{ text: "ran 1" }] }]);
  });

  it("does not ask the model again when the answer was already recorded", async () => {
    fixture = await openFixture();
    await fixture.accept("hi");
    const lease = await fixture.claim();
    await fixture.storage.ledger.recordEntries(lease, [
      ...lease.messages.flatMap((row) => entriesOfMessage(row, lease.runId)),
      {
        id: "a",
        runId: lease.runId,
        ts: 1,
        role: "assistant",
        content: [{ type: "text", text: "Hello." }],
        stopReason: "stop",
      },
    ]);
    await fixture.reopen();
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome).toMatchObject({ status: "ok", payloads: [{ text: "Hello." }] });
    expect(fixture.model.calls).toHaveLength(0);
  });

  it("records the request once, however often it is taken up", async () => {
    fixture = await openFixture();
    const controller = new AbortController();
    fixture.model.script.push(async function* () {
      controller.abort(cause("shutdown"));
      yield { type: "text", delta: "x" };
      await new Promise(() => {});
    });
    await fixture.accept("hi");
    await expect(fixture.run(await fixture.claim(), controller.signal)).rejects.toThrow();
    await fixture.reopen();
    fixture.model.script.push(says("Yes?"));
    await fixture.run(await fixture.claim());
    expect(fixture.transcript().map((entry) => textOf(entry.content))).toEqual(["hi", "Yes?"]);
  });

  it("does not reset a session twice", async () => {
    fixture = await openFixture();
    fixture.model.script.push(says("Old."));
    await fixture.say("before");
    await fixture.accept("/new");
    await fixture.accept("hello");
    const controller = new AbortController();
    fixture.model.script.push(async function* () {
      controller.abort(cause("shutdown"));
      yield { type: "text", delta: "x" };
      await new Promise(() => {});
    });
    await expect(fixture.run(await fixture.claim(), controller.signal)).rejects.toThrow();
    const { sessionId } = await fixture.storage.sessions.ensure("agent:main:main", "main");
    await fixture.reopen();
    fixture.model.script.push(says("Fresh."));
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome).toMatchObject({ status: "ok", sessionId });
    expect(fixture.transcript().map((entry) => textOf(entry.content))).toEqual(["hello", "Fresh."]);
  });
});
