import { describe, expect, it } from "vitest";
import { apiKey, providerHarness, textOf, user, wires } from "../../../../test/fakes/providers/harness.ts";

const start = providerHarness();

describe.each(wires)("$wire", (entry) => {
  it("streams text in deltas and ends with the tokens used", async () => {
    const { ask, fake } = await start(entry, {
      script: [{ text: "Hello there, world", usage: { input: 20, output: 9, cacheRead: 100 } }],
    });
    const events = await ask();
    expect(textOf(events)).toBe("Hello there, world");
    expect(events.filter((event) => event.type === "text").length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({
      type: "finish",
      stopReason: "stop",
      usage: { input: 20, output: 9, cacheRead: 100, cacheWrite: 0, total: 129 },
    });
    expect(fake.requests).toHaveLength(1);
  });

  it("says when the answer was cut for its length", async () => {
    const { ask } = await start(entry, { script: [{ text: "a long", stop: "length" }] });
    expect((await ask()).at(-1)).toMatchObject({ type: "finish", stopReason: "length" });
  });

  it("passes emoji through that were cut between two deltas, and replaces halves", async () => {
    const text = "a🙂b🙃c";
    const { ask } = await start(entry, { script: [{ text, pieces: text.length }, { text: "x\ud83d" }] });
    const events = await ask();
    expect(textOf(events)).toBe(text);
    for (const event of events) if (event.type === "text") expect(event.delta.isWellFormed()).toBe(true);
    expect(textOf(await ask()).isWellFormed()).toBe(true);
  });

  it("carries system prompt, history and images", async () => {
    const { ask, fake } = await start(entry);
    const events = await ask({
      messages: [
        user("first"),
        { role: "assistant", content: [{ type: "text", text: "second" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", mimeType: "image/png", data: new Uint8Array([137, 80, 78, 71]) },
          ],
        },
      ],
    });
    expect(events.at(-1)).toMatchObject({ type: "finish" });
    const body = JSON.stringify(fake.requests[0]?.body);
    for (const part of ["You are a test.", "first", "second", "look", "iVBORw=="])
      expect(body).toContain(part);
  });

  it("shows the provider exactly the key it was given", async () => {
    const { ask, fake } = await start(entry, { keys: [apiKey] });
    expect((await ask()).at(-1)).toMatchObject({ type: "finish" });
    const { headers } = fake.requests[0] ?? {};
    expect(Object.values(headers ?? {}).filter((value) => value.includes(apiKey))).toHaveLength(1);
    expect(JSON.stringify(fake.requests[0]?.path)).not.toContain(apiKey);
  });

  it("keeps two requests at once apart", async () => {
    const { ask } = await start(entry, {
      script: (request) => ({ text: JSON.stringify(request.body).includes("one") ? "1" : "2" }),
    });
    const [one, two] = await Promise.all([
      ask({ messages: [user("one")] }),
      ask({ messages: [user("two")] }),
    ]);
    expect([textOf(one), textOf(two)]).toEqual(["1", "2"]);
  });
});

it("anthropic: asks the provider to cache the system prompt and the end of the conversation", async () => {
  const [anthropic] = wires;
  if (!anthropic) throw new Error("no wire");
  const { ask, fake } = await start(anthropic, {
    script: [{ text: "ok", usage: { input: 1, output: 1, cacheRead: 50, cacheWrite: 70 } }],
  });
  const events = await ask({
    messages: [user("a"), { role: "assistant", content: [{ type: "text", text: "b" }] }, user("c")],
  });
  expect(events.at(-1)).toMatchObject({ usage: { input: 1, cacheRead: 50, cacheWrite: 70 } });
  const body = fake.requests[0]?.body as { system: unknown[]; messages: unknown[] };
  expect(JSON.stringify(body.system.at(-1))).toContain("cache_control");
  expect(JSON.stringify(body.messages.at(-1))).toContain("cache_control");
  expect(JSON.stringify(body.messages[0])).not.toContain("cache_control");
});

it("anthropic: sends keys as x-api-key and tokens as bearer with the beta flag", async () => {
  const [anthropic] = wires;
  if (!anthropic) throw new Error("no wire");
  const withKey = await start(anthropic, { key: "key-1" });
  await withKey.ask();
  expect(withKey.fake.requests[0]?.headers).toMatchObject({ "x-api-key": "key-1" });
  const withToken = await start(anthropic, { key: "sk-ant-oat01-x", kind: "token" });
  await withToken.ask();
  const headers = withToken.fake.requests[0]?.headers ?? {};
  expect(headers["authorization"]).toBe("Bearer sk-ant-oat01-x");
  expect(headers["anthropic-beta"]).toContain("oauth");
  expect(headers["x-api-key"]).toBeUndefined();
});
