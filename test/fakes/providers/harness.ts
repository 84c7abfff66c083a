import { afterEach } from "vitest";
import { systemClock, type Clock } from "../../../src/core/clock.ts";
import { Secret } from "../../../src/core/secret.ts";
import type { ModelEvent, ModelRequest, PromptMessage } from "../../../src/models/contract.ts";
import { createProviderLoader, type ProviderTimeouts } from "../../../src/models/providers/load.ts";
import { startFakeProvider, type FakeProvider, type FakeProviderOptions, type FakeWire } from "./server.ts";

/** The four wires with a model each, for tables: one behaviour, every provider. */
export const wires: Array<{ wire: FakeWire; model: string }> = [
  { wire: "anthropic-messages", model: "claude-opus-4-6" },
  { wire: "openai-responses", model: "gpt-5.2" },
  { wire: "openai-chat", model: "local-model" },
  { wire: "google-generative", model: "gemini-2.5-pro" },
];

export const apiKey = "sk-test-0123456789abcdefghij";

export interface Setup {
  fake: FakeProvider;
  ask: (change?: Partial<ModelRequest>, signal?: AbortSignal) => Promise<ModelEvent[]>;
  stream: (change?: Partial<ModelRequest>, signal?: AbortSignal) => AsyncIterable<ModelEvent>;
}

/** A fake provider and the real adapter of its wire. Stopped after the test. */
export function providerHarness(): (
  entry: (typeof wires)[number],
  options?: Partial<FakeProviderOptions> & {
    clock?: Clock;
    timeouts?: ProviderTimeouts;
    key?: string;
    kind?: "api_key" | "token";
    baseUrl?: string;
  },
) => Promise<Setup> {
  const running: FakeProvider[] = [];
  afterEach(async () => {
    for (const fake of running.splice(0)) await fake.stop();
  });
  return async (entry, options = {}) => {
    const fake = await startFakeProvider({ wire: entry.wire, ...options });
    running.push(fake);
    const load = createProviderLoader({
      fetch,
      clock: options.clock ?? systemClock,
      timeouts: options.timeouts ?? { firstByteMs: 10_000, idleMs: 10_000 },
    });
    const provider = await load(entry.wire);
    const stream = (change: Partial<ModelRequest> = {}, signal = new AbortController().signal) =>
      provider.stream(
        {
          ref: { provider: "p", model: entry.model },
          system: "You are a test.",
          messages: [user("hi")],
          tools: [],
          thinking: "off",
          maxOutputTokens: 1_000,
          sessionId: "session-1",
          ...change,
        },
        {
          profileId: "p:default",
          apiKey: new Secret(options.key ?? apiKey),
          kind: options.kind ?? "api_key",
          baseUrl: options.baseUrl ?? fake.baseUrl,
          headers: {},
        },
        signal,
      );
    return {
      fake,
      stream,
      async ask(change, signal) {
        const events: ModelEvent[] = [];
        for await (const event of stream(change, signal)) events.push(event);
        return events;
      },
    };
  };
}

export function user(text: string): PromptMessage {
  return { role: "user", content: [{ type: "text", text }] };
}

export function textOf(events: ModelEvent[]): string {
  return events.flatMap((event) => (event.type === "text" ? [event.delta] : [])).join("");
}

/** The failure a stream ended with. @throws when it did not fail, or did anything after failing */
export function failureOf(events: ModelEvent[]) {
  const ends = events.filter((event) => event.type === "error" || event.type === "finish");
  const last = events.at(-1);
  if (ends.length !== 1 || last?.type !== "error")
    throw new Error(`expected one error at the end, got ${JSON.stringify(events)}`);
  return last.error;
}
