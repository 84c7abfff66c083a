import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ToolResultBlock } from "../core/conversation.ts";
import { UserError } from "../core/errors.ts";
import { cause, openFixture, says, uses, type Fixture } from "../../test/support/agent-fixture.ts";
import { makeTool, note, slow } from "../../test/support/agent-tools.ts";
import { createToolInvoker } from "./invoke.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { owner, stranger } from "../../test/support/agent-fixture.ts";

let fixture: Fixture;
afterEach(() => fixture.close());

function results(f: Fixture): ToolResultBlock[] {
  return f
    .transcript()
    .flatMap((entry) => entry.content.flatMap((block) => (block.type === "tool_result" ? [block] : [])));
}
const textOfResult = (block: ToolResultBlock | undefined) =>
  (block?.content ?? []).map((part) => (part.type === "text" ? part.text : "[image]")).join("");

describe("a tool call", () => {
  it("is on disk before the tool runs, and its result before the model is asked again", async () => {
    fixture = await openFixture();
    fixture.tools.push(note(fixture));
    fixture.model.script.push(uses(["note", { text: "milk" }]), says("Noted."));
    const { outcome, events } = await fixture.say("note milk");
    expect(outcome).toMatchObject({ status: "ok", usage: { total: 240 } });
    expect(textOfResult(results(fixture)[0])).toBe("noted milk after user,assistant");
    expect(fixture.transcript().map((entry) => entry.content[0]?.type)).toEqual([
      "text",
      "tool_use",
      "tool_result",
      "text",
    ]);
    expect(fixture.model.calls[1]?.entries.at(-1)).toMatchObject({ role: "tool" });
    expect(fixture.storage.ledger.why("run-1").steps).toMatchObject([{ name: "note", state: "done" }]);
    expect(events.map((event) => event.type)).toEqual([
      "usage",
      "tool_started",
      "tool_finished",
      "text",
      "usage",
    ]);
  });

  it.each([
    ["an unknown tool", "fly", {}, /There is no tool "fly". You have: note./],
    ["wrong input", "note", { text: 7 }, /input of note is not valid: text: .*Correct it/],
    ["input with a field too many", "note", { text: "a", force: true }, /not valid: .*force/],
  ])("with %s is explained to the model", async (_name, tool, input, expected) => {
    fixture = await openFixture();
    fixture.tools.push(note(fixture));
    fixture.model.script.push(uses([tool, input]), says("Sorry."));
    expect((await fixture.say("go")).outcome.status).toBe("ok");
    expect(results(fixture)[0]?.is_error).toBe(true);
    expect(textOfResult(results(fixture)[0])).toMatch(expected);
  });

  it("of a tool that policy took away is refused although the model names it", async () => {
    fixture = await openFixture({
      settings: { tools: { global: { deny: ["note"] }, agent: {}, byProvider: {}, nonOwner: {} } },
    });
    let ran = false;
    fixture.tools.push(
      makeTool("note", "write", () => ((ran = true), "noted")),
      slow(),
    );
    fixture.model.script.push(uses(["note", { text: "x" }]), says("Not allowed."));
    await fixture.say("go");
    expect(ran).toBe(false);
    expect(textOfResult(results(fixture)[0])).toMatch(/no tool "note"|not allowed/);
  });

  it.each([
    [["deploy"], /deploy is not allowed here/],
    [[], null],
  ])(
    "that does what another tool does needs policy to allow that one too (denied: %j)",
    async (deny, refused) => {
      fixture = await openFixture({
        settings: { tools: { global: { deny }, agent: {}, byProvider: {}, nonOwner: {} } },
      });
      let effect = "";
      fixture.tools.push(
        makeTool("deploy", "exec", () => "deployed"),
        makeTool(
          "remote",
          "exec",
          () => ((effect = String(fixture.storage.ledger.why("run-1").steps[0]?.effect)), "there"),
          { actsAs: () => "deploy", effectOf: () => "read" },
        ),
      );
      fixture.model.script.push(uses(["remote", {}]), says("So."));
      await fixture.say("go");
      expect(results(fixture)[0]?.outcome).toBe(refused === null ? undefined : "denied");
      expect(effect).toBe(refused === null ? "read" : "");
      if (refused !== null) expect(textOfResult(results(fixture)[0])).toMatch(refused);
    },
  );

  it("is refused for the model that took over, when policy forbids it there", async () => {
    fixture = await openFixture({
      settings: {
        tools: { global: {}, agent: {}, byProvider: { other: { deny: ["note"] } }, nonOwner: {} },
      },
    });
    fixture.tools.push(note(fixture));
    fixture.model.script.push(
      [{ type: "selected", provider: "other", model: "m" }, ...uses(["note", { text: "x" }])],
      says("Ok."),
    );
    await fixture.say("go");
    expect(results(fixture)[0]).toMatchObject({ is_error: true, outcome: "denied" });
    expect(textOfResult(results(fixture)[0])).toContain("tools.byProvider.other.deny");
  });

  it("that throws is told with its hint", async () => {
    fixture = await openFixture();
    fixture.tools.push(
      makeTool("note", "write", () => {
        throw new UserError("DISK", "the notebook is full", { hint: "tear out a page" });
      }),
    );
    fixture.model.script.push(uses(["note", {}]), says("Full."));
    await fixture.say("go");
    expect(textOfResult(results(fixture)[0])).toBe("note failed: the notebook is full (tear out a page)");
  });

  it("that takes too long is stopped, keeps what it had, and is not called harmless", async () => {
    fixture = await openFixture();
    fixture.tools.push(slow({ timeoutMs: 20 }));
    fixture.model.script.push(uses(["slow", {}]), says("Too slow."));
    await fixture.say("go");
    expect(textOfResult(results(fixture)[0])).toBe(
      "partialslow did not finish within 0.02 s and was stopped. It may have had part of its effect: check before repeating it.",
    );
  });

  it("that returns 10 MB is cut for the model and kept whole in the workspace", async () => {
    fixture = await openFixture({ settings: { outputCapChars: 3000 } });
    const big = `START${"😀".repeat(2_500_000)}END`;
    fixture.tools.push(makeTool("dump", "read", () => big));
    fixture.model.script.push(uses(["dump", {}]), says("Big."));
    await fixture.say("go");
    const text = textOfResult(results(fixture)[0]);
    expect(text.length).toBeLessThan(3300);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toMatch(/^START/);
    expect(text).toMatch(/END$/);
    const place = /all of it is in (\S+):/.exec(text)?.[1] ?? "";
    expect(readFileSync(join(fixture.workspace, place), "utf8")).toBe(big);
    expect(text).toContain(`of ${big.length} characters left out`);
  });

  it("waits for its approval before it counts as begun", async () => {
    fixture = await openFixture();
    const seen: string[] = [];
    fixture.tools.push({
      ...makeTool("note", "write", () => "done"),
      authorize: async (_input, context) => {
        seen.push(`${(await fixture.storage.ledger.openTools(context.runId)).length} begun`);
        return { content: [{ type: "text", text: "The owner said no." }], isError: true };
      },
    });
    fixture.model.script.push(uses(["note", {}]), says("All right."));
    await fixture.say("go");
    expect(seen).toEqual(["0 begun"]);
    expect(results(fixture)[0]).toMatchObject({ is_error: true, outcome: "denied" });
    expect(fixture.storage.ledger.why("run-1").steps).toEqual([]);
  });

  it("gets an id of its own when the provider uses one twice", async () => {
    fixture = await openFixture();
    fixture.tools.push(note(fixture));
    fixture.model.script.push(
      uses(["note", { text: "a" }, "call_0"], ["note", { text: "b" }, "call_0"]),
      uses(["note", { text: "c" }, "call_0"]),
      says("Three."),
    );
    await fixture.say("go");
    expect(results(fixture).map((block) => block.tool_use_id)).toEqual(["call_0", "call_0-2", "call_0-3"]);
  });
});

describe("several calls of one message", () => {
  it("run together when they only read, one by one when they do not", async () => {
    fixture = await openFixture();
    const log: string[] = [];
    let open = 0;
    const release: Array<() => void> = [];
    fixture.tools.push(
      makeTool("look", "read", async (text) => {
        log.push(`look ${text}`);
        // Goes on only when its neighbour has begun as well.
        await new Promise<void>((resolve) => {
          release.push(resolve);
          if (release.length === 2) for (const each of release) each();
        });
        return text;
      }),
      makeTool("put", "write", async (text) => {
        open += 1;
        log.push(`put ${text} with ${open} open`);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return text;
      }),
    );
    fixture.model.script.push(
      uses(
        ["put", { text: "a" }, "1"],
        ["put", { text: "b" }, "2"],
        ["look", { text: "c" }, "3"],
        ["look", { text: "d" }, "4"],
      ),
      says("Done."),
    );
    await fixture.say("go");
    expect(log).toEqual(["put a with 1 open", "put b with 1 open", "look c", "look d"]);
  });

  it("are all settled when the run is stopped in the middle", async () => {
    fixture = await openFixture();
    fixture.tools.push(slow(), note(fixture));
    fixture.model.script.push(uses(["slow", {}, "1"], ["note", {}, "2"]), says("Next."));
    await fixture.accept("go");
    const controller = new AbortController();
    const { outcome } = await fixture.run(await fixture.claim(), controller.signal, (event) => {
      if (event.type === "tool_started") setImmediate(() => controller.abort(cause("aborted")));
    });
    expect(outcome.status).toBe("aborted");
    expect(results(fixture)).toMatchObject([
      { tool_use_id: "1", outcome: "aborted" },
      { tool_use_id: "2", outcome: "aborted" },
    ]);
    expect(textOfResult(results(fixture)[1])).toMatch(/^Not run/);
    expect(fixture.storage.ledger.why("run-1").steps).toMatchObject([{ callId: "1", state: "done" }]);
    expect((await fixture.say("on")).outcome.status).toBe("ok");
  });

  it("end when the model never stops calling", async () => {
    fixture = await openFixture({ settings: { maxToolRounds: 2 } });
    fixture.tools.push(note(fixture));
    for (let n = 0; n < 4; n++) fixture.model.script.push(uses(["note", {}]));
    const { outcome } = await fixture.say("go");
    expect(fixture.model.calls.map((call) => call.toolChoice)).toEqual([undefined, undefined, "none"]);
    expect(outcome).toMatchObject({ status: "error", error: { code: "TOOL_ROUNDS" } });
  });
});

describe("a tool run from outside a run", () => {
  it("is under the same policy, validation and caps", async () => {
    fixture = await openFixture({ settings: { outputCapChars: 300 } });
    const tools = [makeTool("note", "write", (text) => text.repeat(1000))];
    const invoke = createToolInvoker({
      settings: () => fixture.settings,
      tools: () => tools,
      sandboxes: null,
      clock: systemClock,
      logger: silentLogger,
    });
    const call = {
      agentId: "main",
      sessionKey: "agent:main:main",
      principal: owner,
      signal: new AbortController().signal,
    };
    const found = await invoke({ ...call, name: "note", input: { text: "abc" } });
    expect(
      textOfResult({ type: "tool_result", tool_use_id: "", content: found.output?.content ?? [] }),
    ).toContain("of 3000 characters left out");
    expect(await invoke({ ...call, name: "note", input: { text: 1 } })).toMatchObject({
      found: true,
      output: { isError: true },
    });
    expect(await invoke({ ...call, name: "nope", input: {} })).toEqual({ found: false, output: null });
    expect(await invoke({ ...call, principal: stranger, name: "note", input: {} })).toEqual({
      found: false,
      output: null,
    });
  });
});
