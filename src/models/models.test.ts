import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf, textOf } from "../../test/fakes/providers/harness.ts";
import {
  startFakeProvider,
  type FakeProvider,
  type FakeProviderOptions,
} from "../../test/fakes/providers/server.ts";
import { configSchema } from "../config/index.ts";
import { systemClock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { silentLogger } from "../core/logger.ts";
import { createGuardedFetch } from "../guard/index.ts";
import type { ModelEvent, RoutedModelEvent } from "./contract.ts";
import { createModels } from "./index.ts";

let home: string;
const fakes: FakeProvider[] = [];
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "openclaw-models-"))));
afterEach(async () => {
  rmSync(home, { recursive: true, force: true });
  for (const fake of fakes.splice(0)) await fake.stop();
});

async function fakeOf(options: FakeProviderOptions): Promise<FakeProvider> {
  const fake = await startFakeProvider(options);
  fakes.push(fake);
  return fake;
}

function open(config: unknown, localBaseUrls?: Record<string, string>) {
  const parsed = configSchema.parse(config);
  return createModels({
    config: () => parsed,
    paths: {
      credentialsDir: join(home, "credentials"),
      agentsDir: join(home, "agents"),
      dotenvPath: join(home, ".env"),
    },
    env: {},
    clock: systemClock,
    logger: silentLogger,
    fetch: createGuardedFetch({
      clock: systemClock,
      allowOrigins: () => fakes.map((fake) => new URL(fake.baseUrl).origin),
    }),
    ...(localBaseUrls && { localBaseUrls }),
  });
}

const entries: TranscriptEntry[] = [
  { id: "1", ts: 1, role: "user", content: [{ type: "text", text: "hi" }] },
];
async function ask(models: ReturnType<typeof open>, model?: string): Promise<RoutedModelEvent[]> {
  const events: RoutedModelEvent[] = [];
  const request = {
    agentId: "main",
    ...(model && { model }),
    system: "s",
    entries,
    loadMedia: () => null,
    tools: [],
    thinking: "off" as const,
    sessionId: "1",
  };
  for await (const event of models.router.stream(request, new AbortController().signal)) events.push(event);
  return events;
}
const modelEvents = (events: RoutedModelEvent[]): ModelEvent[] =>
  events.filter((event) => event.type !== "selected");

describe("all parts together, over the guarded dialler", () => {
  it("fail over from a limited provider to another wire, and remember it in the agent's file", async () => {
    const first = await fakeOf({
      wire: "anthropic-messages",
      script: [{ error: "rate_limit", retryAfterSeconds: 3600 }],
    });
    const second = await fakeOf({ wire: "google-generative", script: [{ text: "from the second" }] });
    const models = open({
      agents: {
        defaults: { model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["google/gemini-2.5-pro"] } },
      },
      models: {
        providers: {
          anthropic: { baseUrl: first.baseUrl, apiKey: "key-of-the-first" },
          google: { baseUrl: second.baseUrl, apiKey: "key-of-the-second" },
        },
      },
    });
    const events = await ask(models);
    expect(events.filter((event) => event.type === "selected").map((event) => event.provider)).toEqual([
      "anthropic",
      "google",
    ]);
    expect(textOf(modelEvents(events))).toBe("from the second");
    expect(first.requests[0]?.headers["x-api-key"]).toBe("key-of-the-first");
    expect(second.requests[0]?.headers["x-goog-api-key"]).toBe("key-of-the-second");

    const file = readFileSync(join(home, "agents", "main", "agent", "auth-profiles.json"), "utf8");
    expect(JSON.parse(file)).toMatchObject({
      usageStats: { "anthropic:config": { models: { "claude-opus-4-6": { reason: "rate_limit" } } } },
    });
    expect(file).not.toContain("key-of");
    await ask(
      open({
        agents: { defaults: { model: { primary: "google/gemini-2.5-pro" } } },
        models: {
          providers: { google: { baseUrl: second.baseUrl, apiKey: "key-of-the-second" } },
        },
      }),
    );
    await ask(models);
    expect(first.requests).toHaveLength(1);
  });

  it("use a server on this machine when nothing is configured, and the built-in model when it is gone", async () => {
    const fake = await fakeOf({ wire: "openai-chat", models: ["qwen3"], script: [{ text: "local answer" }] });
    const nobody = "http://127.0.0.1:9/v1";
    const baseUrls = { ollama: fake.baseUrl, lmstudio: nobody, llamacpp: nobody, vllm: nobody };
    const config = { models: { providers: { ollama: { baseUrl: fake.baseUrl } } } };
    const events = await ask(open(config, baseUrls));
    expect(events[0]).toEqual({ type: "selected", provider: "ollama", model: "qwen3" });
    expect(textOf(modelEvents(events))).toBe("local answer");
    await fake.stop();
    expect((await ask(open(config, baseUrls)))[0]).toMatchObject({ provider: "builtin" });
  });

  it("refuse to carry a key to an address that was not configured to be private", async () => {
    const fake = await fakeOf({ wire: "openai-chat" });
    const { port } = fake;
    fakes.pop();
    const models = open({
      agents: { defaults: { model: { primary: "mine/m" } } },
      models: { providers: { mine: { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "key-123456" } } },
    });
    const failure = failureOf(modelEvents(await ask(models)));
    expect(failure.kind).toBe("invalid_request");
    expect(fake.requests).toHaveLength(0);
    await fake.stop();
  });

  it("break off a hanging answer when the caller leaves", async () => {
    const fake = await fakeOf({ wire: "openai-responses", script: [{ broken: "hang_midway" }] });
    const models = open({
      agents: { defaults: { model: { primary: "openai/gpt-5.2" } } },
      models: { providers: { openai: { baseUrl: fake.baseUrl, apiKey: "key-123456" } } },
    });
    const stop = new AbortController();
    const seen: RoutedModelEvent[] = [];
    const request = {
      agentId: "main",
      system: "",
      entries,
      loadMedia: () => null,
      tools: [],
      thinking: "off" as const,
      sessionId: "1",
    };
    for await (const event of models.router.stream(request, stop.signal)) {
      seen.push(event);
      if (event.type === "text") stop.abort();
    }
    expect(failureOf(modelEvents(seen)).kind).toBe("aborted");
  });

  it("show a login to its provider", async () => {
    const fake = await fakeOf({ wire: "anthropic-messages", keys: ["right-key-1234"] });
    const config = (apiKey: string) => ({
      models: { detectLocal: false, providers: { anthropic: { baseUrl: fake.baseUrl, apiKey } } },
    });
    const states = async (key: string) =>
      (await open(config(key)).router.status({ probe: true })).map((row) => [row.profileId, row.state]);
    expect(await states("right-key-1234")).toContainEqual(["anthropic:config", "valid"]);
    expect(await states("wrong-key-1234")).toContainEqual(["anthropic:config", "invalid"]);
  });
});
