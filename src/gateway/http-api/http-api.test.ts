import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices, operator } from "../../../test/support/gateway-services.ts";
import { OpenClawError } from "../../core/errors.ts";
import { createHttpApiRoutes } from "./index.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let server: Server;
let origin: string;
let client: OpenAI;
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const weather = {
  name: "get_weather",
  description: "Weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};

beforeEach(async () => {
  harness = await createTestServices();
  const routes = createHttpApiRoutes(harness.services);
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    const path = decodeURIComponent(url.pathname);
    const route = routes.find(
      (each) =>
        each.methods.includes(request.method as "GET") &&
        (each.path === path || (each.path.endsWith("/:id") && path.startsWith(each.path.slice(0, -3)))),
    );
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (!route) return response.writeHead(404).end();
      const gone = new AbortController();
      response.once("close", () => gone.abort(new OpenClawError("CONNECTION_CLOSED", "gone")));
      void route.handle(
        {
          method: request.method ?? "GET",
          path,
          params: { id: path.split("/").at(-1) ?? "" },
          query: url.searchParams,
          headers: request.headers,
          body: Buffer.concat(chunks),
          principal: operator("http", ["operator.admin"]),
          remoteAddress: "127.0.0.1",
          signal: gone.signal,
        },
        response,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new OpenAI({ apiKey: "x", baseURL: `${origin}/v1`, maxRetries: 0 });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await harness.close();
});

function say(...deltas: string[]) {
  harness.agent.script = (_lease, hooks) => {
    let text = "";
    for (const delta of deltas) {
      text += delta;
      hooks.emit({ type: "text", text, delta });
    }
    return { payloads: [{ text, mediaUrl: null }] };
  };
}
const callWeather = () => {
  harness.agent.script = () => ({
    pendingToolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' }],
    stopReason: "tool_use",
  });
};
const lastLease = () => harness.leases.at(-1);
const post = (path: string, body: unknown) =>
  fetch(`${origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("/v1/chat/completions with the official client", () => {
  it("answers whole", async () => {
    say("Hello", " there");
    const answer = await client.chat.completions.create({
      model: "openclaw",
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "earlier" },
        { role: "assistant", content: "yes" },
        { role: "user", content: "hi" },
      ],
    });
    expect(answer.id).toMatch(/^chatcmpl_/);
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: "Hello there" },
    });
    expect(answer.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 });
    const message = lastLease()?.messages[0];
    expect(message?.text).toBe("hi");
    expect(message?.options.extraSystemPrompt).toBe("be brief");
    expect(message?.options.history?.map((entry) => entry.role)).toEqual(["user", "assistant"]);
  });

  it("streams, with a last chunk that says why it ended and usage when asked", async () => {
    say("Hel", "lo");
    const stream = await client.chat.completions.create({
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Hello");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } });
  });

  it("works with the client's stream helper", async () => {
    say("a", "b", "c");
    const runner = client.chat.completions.stream({
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
    });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe("abc");
    expect(final.choices[0]?.finish_reason).toBe("stop");
  });

  it.each([true, false])("hands over tool calls and takes their results (stream: %s)", async (stream) => {
    callWeather();
    const tools = [{ type: "function" as const, function: weather }];
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "weather?" }];
    const first = stream
      ? await client.chat.completions.stream({ model: "openclaw", messages, tools }).finalChatCompletion()
      : await client.chat.completions.create({ model: "openclaw", messages, tools, tool_choice: "required" });
    const choice = first.choices[0];
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.tool_calls).toMatchObject([
      { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
    ]);
    expect(lastLease()?.messages[0]?.options.clientTools).toEqual([weather]);
    say("Rain");
    if (choice) messages.push(choice.message);
    messages.push({ role: "tool", tool_call_id: "call_1", content: "rain" });
    const second = await client.chat.completions.create({ model: "openclaw", messages, tools });
    expect(second.choices[0]?.message.content).toBe("Rain");
    expect(lastLease()?.messages[0]?.options).toMatchObject({
      clientToolResults: [{ callId: "call_1", output: "rain" }],
      history: [
        { role: "user" },
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", input: { city: "Oslo" } }] },
      ],
    });
  });

  it("takes images and refuses what is none", async () => {
    const part = (url: string) => [{ type: "image_url" as const, image_url: { url } }];
    await client.chat.completions.create({
      model: "openclaw",
      messages: [{ role: "user", content: part(`data:image/png;base64,${png}`) }],
    });
    expect(lastLease()?.messages[0]?.media).toMatchObject([{ mimeType: "image/png" }]);
    const refused = client.chat.completions.create({
      model: "openclaw",
      messages: [{ role: "user", content: part("data:image/png;base64,aGVsbG8=") }],
    });
    await expect(refused).rejects.toThrow(/not a PNG, JPEG, GIF or WebP/);
  });

  it("makes the client throw on failed runs, whole and streamed", async () => {
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_RATE_LIMIT", message: "too many requests" },
    });
    const request = { model: "openclaw", messages: [{ role: "user" as const, content: "hi" }] };
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 500 });
    const stream = await client.chat.completions.create({ ...request, stream: true });
    const read = async () => {
      for await (const chunk of stream) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow(/too many requests/);
  });

  it("remembers a user's conversation and does not repeat what it knows", async () => {
    const ask = (content: string) =>
      client.chat.completions.create({
        model: "openclaw:main",
        user: "u1",
        messages: [
          { role: "user", content: "before" },
          { role: "assistant", content: "ok" },
          { role: "user", content },
        ],
      });
    await ask("one");
    expect(lastLease()?.sessionKey).toBe("agent:main:openai-user:u1");
    expect(lastLease()?.messages[0]?.options.history).toHaveLength(2);
    await ask("two");
    expect(lastLease()?.messages[0]?.options.history).toBeUndefined();
  });

  it("stops the run of a client that goes away", async () => {
    const stopped = Promise.withResolvers<string>();
    harness.agent.script = (lease, hooks) =>
      new Promise((resolve) =>
        hooks.signal.addEventListener("abort", () => {
          stopped.resolve(lease.runId);
          resolve({});
        }),
      );
    const abort = new AbortController();
    const stream = await client.chat.completions.create(
      { model: "openclaw", messages: [{ role: "user", content: "hi" }], stream: true },
      { signal: abort.signal },
    );
    expect(stream.controller).toBeDefined();
    abort.abort();
    expect(await stopped.promise).toMatch(/^chatcmpl_/);
  });

  it("runs once per Idempotency-Key", async () => {
    const ask = () =>
      client.chat.completions.create(
        { model: "openclaw", messages: [{ role: "user", content: "hi" }] },
        { headers: { "Idempotency-Key": "k1" } },
      );
    const [first, second] = [await ask(), await ask()];
    expect(second.id).toBe(first.id);
    expect(harness.leases).toHaveLength(1);
  });

  it.each([
    ["{", /not valid JSON/],
    [`{"messages":[],"a":${"[".repeat(80)}${"]".repeat(80)}}`, /nested deeper than 64/],
    ['{"messages":[{"role":"user","content":"x","__proto__":{"a":1}}]}', /__proto__/],
    [{}, /messages/],
    [{ messages: [] }, /messages/],
    [{ messages: [{ role: "system", content: "x" }] }, /Missing user message/],
    [{ messages: [{ role: "robot", content: "x" }] }, /messages\[0\]/],
    [{ messages: [{ role: "user", content: "x" }], tools: [{ type: "web_search" }] }, /tools\[0\]/],
    [
      {
        messages: [{ role: "user", content: "x" }],
        tools: [{ type: "function", function: { name: "a b" } }],
      },
      /needs a name/,
    ],
    [{ model: "openclaw:nobody", messages: [{ role: "user", content: "x" }] }, /does not exist/],
  ])("refuses %j", async (body, message) => {
    const response = await post("/v1/chat/completions", body);
    expect([400, 404]).toContain(response.status);
    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe("invalid_request_error");
    expect(error.message).toMatch(message);
    expect(harness.leases).toHaveLength(0);
  });
});

describe("/v1/responses with the official client", () => {
  it("answers whole and goes on from a previous response", async () => {
    say("Hello");
    const first = await client.responses.create({ model: "openclaw", input: "hi", instructions: "be kind" });
    expect(first.output_text).toBe("Hello");
    expect(first.status).toBe("completed");
    expect(first.usage).toMatchObject({ input_tokens: 12, output_tokens: 3 });
    expect(lastLease()?.messages[0]?.options.extraSystemPrompt).toBe("be kind");
    const session = lastLease()?.sessionKey;
    await client.responses.create({ model: "openclaw", input: "and?", previous_response_id: first.id });
    expect(lastLease()?.sessionKey).toBe(session);
    await expect(
      client.responses.create({ model: "openclaw", input: "x", previous_response_id: "resp_no" }),
    ).rejects.toMatchObject({ status: 400 });
  });

  it("streams the documented events in order", async () => {
    say("Hel", "lo");
    const stream = await client.responses.create({ model: "openclaw", input: "hi", stream: true });
    const types = [];
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  it("writes event and data lines and ends with [DONE]", async () => {
    say("x");
    const text = await (
      await post("/v1/responses", { model: "openclaw", input: "hi", stream: true, store: true })
    ).text();
    const blocks = text.trim().split("\n\n");
    expect(blocks.at(-1)).toBe("data: [DONE]");
    for (const block of blocks.slice(0, -1)) {
      const [, name, json] = /^event: (\S+)\ndata: (.+)$/.exec(block) ?? [];
      expect((JSON.parse(json ?? "{}") as { type: string }).type).toBe(name);
    }
  });

  it.each([
    ["flat", { type: "function" as const, ...weather, strict: false }],
    ["nested", { type: "function", function: weather }],
  ])("hands over calls of tools given in the %s shape and takes their outputs", async (_shape, tool) => {
    callWeather();
    const tools = [tool as OpenAI.Responses.FunctionTool];
    const final = await client.responses
      .stream({ model: "openclaw", input: "weather?", tools })
      .finalResponse();
    const call = final.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ call_id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' });
    expect(final.status).toBe("incomplete");
    const whole = await client.responses.create({ model: "openclaw", input: "weather?", tools });
    expect(whole.output).toMatchObject([{ type: "function_call", call_id: "call_1" }]);
    say("Rain");
    const answer = await client.responses.create({
      model: "openclaw",
      tools,
      input: [
        { role: "user", content: "weather?" },
        { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { type: "function_call_output", call_id: "call_1", output: "rain" },
      ],
    });
    expect(answer.output_text).toBe("Rain");
    expect(lastLease()?.messages[0]?.options.clientToolResults).toEqual([
      { callId: "call_1", output: "rain" },
    ]);
  });

  it("takes images and text files, in the client's and in the documented shape", async () => {
    await client.responses.create({
      model: "openclaw",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "look" },
            { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
            {
              type: "input_file",
              filename: "a.md",
              file_data: `data:text/markdown;base64,${btoa("# Title")}`,
            },
          ],
        },
      ],
    });
    expect(lastLease()?.messages[0]?.media).toHaveLength(1);
    expect(lastLease()?.messages[0]?.text).toContain("[file a.md]\n# Title\n[end of file a.md]");
    const source = { type: "base64", media_type: "image/png", data: png };
    const documented = await post("/v1/responses", {
      model: "openclaw",
      input: [{ type: "message", role: "user", content: [{ type: "input_image", source }] }],
    });
    expect(documented.status).toBe(200);
    const pdf = await post("/v1/responses", {
      model: "openclaw",
      input: [
        {
          role: "user",
          content: [
            {
              type: "input_file",
              source: { type: "base64", media_type: "application/pdf", data: btoa("%PDF-1.7") },
            },
          ],
        },
      ],
    });
    expect(pdf.status).toBe(400);
    const byUrl = await post("/v1/responses", {
      model: "openclaw",
      input: [{ role: "user", content: [{ type: "input_image", image_url: "http://127.0.0.1/x.png" }] }],
    });
    expect(await byUrl.text()).toContain("by URL are switched off");
  });

  it("says response.failed when a streamed run fails", async () => {
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "the key was refused" },
    });
    const stream = await client.responses.create({ model: "openclaw", input: "hi", stream: true });
    let failure: string | undefined;
    for await (const event of stream)
      if (event.type === "response.failed") failure = event.response.error?.message;
    expect(failure).toBe("the key was refused");
  });
});

describe("/v1/models and /tools/invoke", () => {
  it("lists agents and models", async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(["openclaw", "openclaw:main", "test/scripted"]);
    expect((await client.models.retrieve("openclaw:main")).owned_by).toBe("openclaw");
    await expect(client.models.retrieve("gpt-9")).rejects.toMatchObject({ status: 404 });
  });

  it("runs one tool; hidden, unknown and denied ones look alike", async () => {
    const echo = await post("/tools/invoke", { tool: "Echo", action: "list", args: { a: 1 }, dryRun: true });
    expect(await echo.json()).toEqual({
      ok: true,
      result: { content: [{ type: "text", text: '{"a":1,"action":"list"}' }], details: {} },
    });
    for (const tool of ["nope", "sessions_send", " Gateway "]) {
      const response = await post("/tools/invoke", { tool });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ ok: false, error: { type: "not_found" } });
    }
    expect((await post("/tools/invoke", {})).status).toBe(400);
  });
});
