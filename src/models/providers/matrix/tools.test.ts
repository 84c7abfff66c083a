import { describe, expect, it } from "vitest";
import { providerHarness, textOf, user, wires } from "../../../../test/fakes/providers/harness.ts";
import type { ModelEvent, PromptMessage, ToolSpec } from "../../contract.ts";

const start = providerHarness();
const tools: ToolSpec[] = [
  {
    name: "read",
    description: "Reads a file",
    inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  },
];

describe.each(wires)("$wire", (entry) => {
  it("offers tools, streams calls with their arguments whole, and takes the results back", async () => {
    const { ask, fake } = await start(entry, {
      script: [
        {
          text: "Let me look.",
          toolCalls: [
            { id: "call_1", name: "read", input: { path: "a.txt" } },
            { id: "call_2", name: "read", input: { path: "b.txt", deep: { n: [1, "x"] } } },
          ],
        },
        { text: "Done." },
      ],
    });
    const first = await ask({ tools });
    const calls = first.filter((event) => event.type === "tool_call");
    expect(calls.map((call) => [call.name, call.input])).toEqual([
      ["read", { path: "a.txt" }],
      ["read", { path: "b.txt", deep: { n: [1, "x"] } }],
    ]);
    expect(first.at(-1)).toMatchObject({ type: "finish", stopReason: "tool_use" });
    expect(JSON.stringify(fake.requests[0]?.body)).toContain("Reads a file");

    const messages: PromptMessage[] = [
      user("go"),
      { role: "assistant", content: [{ type: "text", text: "Let me look." }, ...calls] },
      {
        role: "tool",
        results: calls.map((call, i) => ({
          id: call.id,
          name: call.name,
          isError: i === 1,
          content: [{ type: "text", text: `content ${i}` }],
        })),
      },
    ];
    const second = await ask({ tools, messages });
    expect(textOf(second)).toBe("Done.");
    const body = JSON.stringify(fake.requests[1]?.body);
    expect(body).toContain("content 0");
    expect(body).toContain("content 1");
  });

  it("takes arguments that are not JSON as a mistake of the model, not of ours", async () => {
    const { ask } = await start(entry, {
      script: [{ toolCalls: [{ id: "c", name: "read", input: "just a string" }] }],
    });
    const call = (await ask({ tools })).find((event) => event.type === "tool_call");
    // Google's wire has arguments as an object by itself; the others carry text.
    if (call) expect(call.input).toEqual({ input: "just a string" });
  });

  it("can be told which tool to use, or to use none", async () => {
    const { ask, fake } = await start(entry);
    await ask({ tools, toolChoice: { name: "read" } });
    await ask({ tools, toolChoice: "none" });
    const [named, none] = fake.requests.map((request) => JSON.stringify(request.body));
    expect(named).toMatch(/tool_choice|functionCallingConfig/);
    expect(named).not.toBe(none);
  });

  it("sends signed thinking back the way it came", async () => {
    if (entry.wire === "openai-chat") return; // has no signatures
    const thinking = { text: "Let me think.", signature: "c2lnbmF0dXJl" };
    const { ask, fake } = await start(entry, {
      script: [{ thinking, toolCalls: [{ id: "call_1", name: "read", input: {} }] }, { text: "Done." }],
    });
    const first = await ask({ tools, thinking: "low" });
    expect(first.flatMap((event) => (event.type === "thinking" ? [event.delta] : [])).join("")).toBe(
      "Let me think.",
    );
    const call = first.find((event) => event.type === "tool_call");
    if (!call) throw new Error("no call");
    await ask({
      tools,
      thinking: "low",
      messages: [
        user("go"),
        { role: "assistant", content: [...thinkingBlocks(first), call] },
        {
          role: "tool",
          results: [{ id: call.id, name: "read", isError: false, content: [{ type: "text", text: "x" }] }],
        },
      ],
    });
    expect(JSON.stringify(fake.requests[1]?.body)).toContain("c2lnbmF0dXJl");
  });
});

/** As the agent keeps them: a block ends at `thinking_end`; only signed ones are sent back. */
function thinkingBlocks(events: ModelEvent[]) {
  const blocks: Array<{ type: "thinking"; thinking: string; signature: string }> = [];
  let text = "";
  for (const event of events) {
    if (event.type === "thinking") text += event.delta;
    if (event.type === "thinking_end") {
      if (event.signature !== undefined)
        blocks.push({ type: "thinking", thinking: text, signature: event.signature });
      text = "";
    }
  }
  return blocks;
}
