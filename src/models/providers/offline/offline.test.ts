import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelEvent, ModelRequest, PromptMessage, ToolSpec } from "../../contract.ts";
import { createOfflineProvider } from "./index.ts";

const none = { profileId: null, apiKey: null, kind: "none" as const, baseUrl: null, headers: {} };
const tool = (name: string, inputSchema: ToolSpec["inputSchema"] = {}): ToolSpec => ({
  name,
  description: name,
  inputSchema,
});
const all = ["memory_save", "memory_search", "ls", "read", "exec", "web_fetch", "write"].map((name) =>
  tool(name),
);

function request(messages: PromptMessage[], change: Partial<ModelRequest> = {}): ModelRequest {
  const ref = { provider: "builtin", model: "offline" };
  return { ref, system: "s", messages, tools: all, thinking: "off", sessionId: "1", ...change };
}
const user = (text: string): PromptMessage => ({ role: "user", content: [{ type: "text", text }] });

async function events(made: ModelRequest, signal = new AbortController().signal): Promise<ModelEvent[]> {
  const list: ModelEvent[] = [];
  for await (const event of createOfflineProvider().stream(made, none, signal)) list.push(event);
  return list;
}
const textOf = (list: ModelEvent[]) => list.flatMap((e) => (e.type === "text" ? [e.delta] : [])).join("");

/** One whole turn: asks, answers the call with `output`, returns the call and the last text. */
async function turn(text: string, output: string, isError = false) {
  const first = await events(request([user(text)]));
  const call = first.find((event) => event.type === "tool_call");
  if (call?.type !== "tool_call") return { call: null, text: textOf(first) };
  const messages: PromptMessage[] = [
    user(text),
    { role: "assistant", content: [call] },
    {
      role: "tool",
      results: [{ id: call.id, name: call.name, isError, content: [{ type: "text", text: output }] }],
    },
  ];
  return { call: { name: call.name, input: call.input }, text: textOf(await events(request(messages))) };
}

describe("the offline model", () => {
  it("remembers through the memory tool and says what it remembered", async () => {
    const done = await turn("remember that my deploy host is ash-3", "Saved to MEMORY.md");
    expect(done.call).toEqual({ name: "memory_save", input: { text: "my deploy host is ash-3" } });
    expect(done.text).toBe("Remembered: my deploy host is ash-3");
  });

  it("answers from memory", async () => {
    const done = await turn("what do you know about deploy host?", "MEMORY.md:3: - my deploy host is ash-3");
    expect(done.call).toEqual({ name: "memory_search", input: { query: "deploy host" } });
    expect(done.text).toContain("From memory");
    expect(done.text).toContain("ash-3");
    const empty = await turn("what do you know about cats?", "No results for cats");
    expect(empty.text).toBe("I found nothing about cats in memory.");
  });

  it.each([
    ["list files", "ls", {}],
    ["list files in notes", "ls", { path: "notes" }],
    ["read AGENTS.md", "read", { path: "AGENTS.md" }],
    ["please read the file `a/b.txt`", "read", { path: "a/b.txt" }],
    ["run ls -la | wc -l", "exec", { command: "ls -la | wc -l" }],
    ["fetch https://example.com/x?y=1", "web_fetch", { url: "https://example.com/x?y=1" }],
    ['call read {"path":"x"}', "read", { path: "x" }],
    ["[Telegram Ash 10:20]\nrun date", "exec", { command: "date" }],
  ])("takes %j as %s", async (text, name, input) => {
    expect((await turn(text, "fine")).call).toEqual({ name, input });
  });

  it("repeats exactly what it was told to reply, in several pieces", async () => {
    const list = await events(request([user("Reply with: deployment test passed, and all is well today")]));
    expect(textOf(list)).toBe("deployment test passed, and all is well today");
    expect(list.filter((event) => event.type === "text").length).toBeGreaterThan(1);
    expect(list.at(-1)).toMatchObject({ type: "finish", stopReason: "stop" });
  });

  it("loses no character of any text it is told to reply", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 200 }), async (text) => {
        fc.pre(text.trim() !== "");
        expect(textOf(await events(request([user(`Reply with: ${text}`)])))).toBe(text.trim());
      }),
      { numRuns: 300 },
    );
  });

  it("says in one sentence that there is no model, and the way out", async () => {
    const { text } = await turn("write me a poem about the sea", "");
    expect(text).toContain("No language model is configured");
    expect(text).toContain("openclaw models auth add");
  });

  it("tells of refusals and failures instead of repeating the call", async () => {
    expect((await turn("run rm -rf /", "exec denied by the operator", true)).text).toContain("not allowed");
    expect((await turn("read nothing.txt", "no such file", true)).text).toBe("read failed: no such file");
  });

  it("calls only tools it was given", async () => {
    const list = await events(request([user("run date")], { tools: [] }));
    expect(list.some((event) => event.type === "tool_call")).toBe(false);
    expect(textOf(list)).toContain("exec");
    const off = await events(request([user("run date")], { toolChoice: "none" }));
    expect(off.some((event) => event.type === "tool_call")).toBe(false);
  });

  it("calls the tool it must call, with its required fields filled", async () => {
    const weather = tool("get_weather", {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city", "days"],
    });
    const list = await events(request([user("Oslo")], { tools: [weather], toolChoice: "required" }));
    expect(list[0]).toMatchObject({
      type: "tool_call",
      name: "get_weather",
      input: { city: "Oslo", days: 0 },
    });
  });

  it("stops when told to", async () => {
    const controller = new AbortController();
    const seen: ModelEvent[] = [];
    const made = request([user(`Reply with: ${"word ".repeat(100)}`)]);
    for await (const event of createOfflineProvider().stream(made, none, controller.signal)) {
      seen.push(event);
      if (seen.length === 2) controller.abort();
    }
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toMatchObject({ type: "error", error: { kind: "aborted" } });
  });
});
