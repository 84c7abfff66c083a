import { describe, expect, it } from "vitest";
import { configSchema } from "../../config/index.ts";
import type { Clock } from "../../core/clock.ts";
import { noUsage, type TranscriptEntry } from "../../core/conversation.ts";
import { silentLogger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import type {
  ModelEvent,
  ModelFailure,
  ModelProvider,
  ModelRequest,
  ProviderCredential,
  RoutedModelEvent,
} from "../contract.ts";
import type { CredentialProfile } from "../credentials/contract.ts";
import type { LocalServer } from "../local-servers.ts";
import { modelSettings } from "../settings.ts";
import type { Health } from "./health.ts";
import { createModelRouter } from "./router.ts";

/** A clock that jumps to the next timer whenever something waits. */
function jumpingClock(): Clock & { waited: number[] } {
  let now = 1_000_000;
  const waited: number[] = [];
  return {
    waited,
    now: () => now,
    monotonic: () => now,
    after(ms, task) {
      let live = true;
      setImmediate(() => {
        if (!live) return;
        waited.push(ms);
        now += ms;
        task();
      });
      return () => void (live = false);
    },
  };
}

const usage = { ...noUsage, input: 1_000_000, output: 1_000_000, total: 2_000_000 };
const ok = (text: string): ModelEvent[] => [
  { type: "text", delta: text },
  { type: "finish", stopReason: "stop", usage },
];
const fail = (kind: ModelFailure["kind"], more: Partial<ModelFailure> = {}): ModelEvent[] => [
  { type: "error", error: { kind, message: `${kind}!`, ...more }, usage: noUsage },
];

function setUp(options: {
  config?: unknown;
  /** Profile ids; the provider is the part before the colon. */
  logins?: string[];
  profiles?: CredentialProfile[];
  /** Answers by profile id (or model), used up one by one; the last one stays. */
  answers?: Record<string, ModelEvent[][]>;
  local?: LocalServer[];
}) {
  const clock = jumpingClock();
  const health: Record<string, Health> = {};
  const asked: Array<{
    profile: string;
    model: string;
    request: ModelRequest;
    credential: ProviderCredential;
  }> = [];
  const config = configSchema.parse(options.config ?? {});
  const profiles =
    options.profiles ??
    (options.logins ?? []).map((id) => ({
      id,
      provider: id.split(":")[0] ?? "",
      kind: "api_key" as const,
      source: "credentials/x",
      revision: "1",
      origin: null,
    }));
  const provider: ModelProvider = {
    wire: "anthropic-messages",
    async *stream(request, credential) {
      const profile = credential.profileId ?? "";
      asked.push({ profile, model: request.ref.model, request, credential });
      const queue = options.answers?.[profile] ?? options.answers?.[request.ref.model] ?? [ok("hello")];
      const next = queue.length > 1 ? queue.shift() : queue[0];
      yield* next ?? [];
    },
  };
  const router = createModelRouter({
    settings: (agentId) => modelSettings(config, agentId),
    credentials: {
      profiles: (id) => profiles.filter((profile) => profile.provider === id),
      open: (profile) => Promise.resolve(new Secret(`secret of ${profile.id}`)),
    },
    health: {
      read: (agentId) => health[agentId] ?? {},
      update: (agentId, change) => change((health[agentId] ??= {})),
    },
    provider: () => Promise.resolve(provider),
    local: { known: () => options.local ?? [], look: () => Promise.resolve(options.local ?? []) },
    clock,
    logger: silentLogger,
    fetch: () => Promise.reject(new Error("no network in this test")),
  });
  const failovers: string[] = [];
  const entries: TranscriptEntry[] = [
    { id: "1", ts: 1, role: "user", content: [{ type: "text", text: "hi" }] },
  ];
  async function ask(model?: string, signal = new AbortController().signal) {
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
      onFailover: (from: string, to: string) => failovers.push(`${from} → ${to}`),
    };
    for await (const event of router.stream(request, signal)) events.push(event);
    return events;
  }
  return { router, ask, asked, health, clock, failovers };
}

const anthropic = { agents: { defaults: { model: { primary: "anthropic/claude-opus-4-6" } } } };
const withFallback = {
  agents: { defaults: { model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["openai/gpt-5.2"] } } },
};

describe("the choice of a model", () => {
  it("is the built-in one on a fresh machine", async () => {
    const { router, ask } = setUp({});
    expect(router.resolve("main").ref).toBe("builtin/offline");
    expect((await ask())[0]).toEqual({ type: "selected", provider: "builtin", model: "offline" });
    expect(router.list().map((model) => model.ref)).toEqual(["builtin/offline"]);
  });

  it("is a server on this machine when there is nothing else, a vendor with a login before that", async () => {
    const { localModel } = await import("../catalog/catalog.ts");
    const local = [
      {
        provider: "ollama",
        name: "Ollama",
        baseUrl: "http://127.0.0.1:1/v1",
        models: [localModel("ollama", "qwen3")],
      },
    ];
    expect(setUp({ local }).router.resolve("main").ref).toBe("ollama/qwen3");
    expect(setUp({ local, logins: ["openai:default"] }).router.resolve("main").ref).toBe("openai/gpt-5.2");
  });

  it("follows config, override and alias, and takes names it has never heard of", () => {
    const { router } = setUp({ config: anthropic, logins: ["anthropic:default"] });
    expect(router.resolve("main").ref).toBe("anthropic/claude-opus-4-6");
    expect(router.resolve("main", "sonnet").ref).toBe("anthropic/claude-sonnet-4-6");
    expect(router.resolve("main", "openrouter/meta/llama-9").ref).toBe("openrouter/meta/llama-9");
    expect(() => router.resolve("main", "no model")).toThrow(/not a model reference/);
  });

  it("adds what the answer cost", async () => {
    const { ask } = setUp({ config: anthropic, logins: ["anthropic:default"] });
    expect((await ask()).at(-1)).toMatchObject({ type: "finish", usage: { cost: 30 } });
  });
});

describe("failover", () => {
  it("goes to the next login after a refusal and leaves the refused one alone until it changes", async () => {
    const logins = ["anthropic:a", "anthropic:b"];
    const { ask, asked, failovers, health } = setUp({
      config: anthropic,
      logins,
      answers: { "anthropic:a": [fail("auth", { status: 401 })] },
    });
    const events = await ask();
    expect(events.filter((event) => event.type === "selected")).toHaveLength(2);
    expect(events.at(-1)?.type).toBe("finish");
    expect(failovers).toEqual([
      "anthropic/claude-opus-4-6 (anthropic:a) → anthropic/claude-opus-4-6 (anthropic:b)",
    ]);
    await ask();
    expect(asked.map((one) => one.profile)).toEqual(["anthropic:a", "anthropic:b", "anthropic:b"]);
    expect(health["main"]?.["anthropic:a"]).toMatchObject({ disabledReason: "auth", disabledRevision: "1" });
    const entry = health["main"]?.["anthropic:a"];
    if (entry) entry.disabledRevision = "an older secret";
    await ask();
    expect(asked.at(-2)?.profile).toBe("anthropic:a");
  });

  it("pauses only the model that met the limit, for as long as it was told", async () => {
    const { ask, asked, clock, health } = setUp({
      config: withFallback,
      logins: ["anthropic:a", "openai:a"],
      answers: { "claude-opus-4-6": [fail("rate_limit", { retryAfterMs: 90_000 })] },
    });
    const start = clock.now();
    await ask();
    expect(asked.map((one) => one.model)).toEqual(["claude-opus-4-6", "gpt-5.2"]);
    expect(health["main"]?.["anthropic:a"]?.models?.["claude-opus-4-6"]?.cooldownUntil).toBe(start + 90_000);
    await ask();
    expect(asked.map((one) => one.model)).toEqual(["claude-opus-4-6", "gpt-5.2", "gpt-5.2"]);
    await ask("anthropic/claude-haiku-4-5");
    expect(asked.at(-1)).toMatchObject({ profile: "anthropic:a", model: "claude-haiku-4-5" });
  });

  it("waits out a short pause when nothing else is left, and says how long a long one takes", async () => {
    const short = setUp({
      config: anthropic,
      logins: ["anthropic:a"],
      answers: { "anthropic:a": [fail("rate_limit", { retryAfterMs: 3_000 }), ok("now")] },
    });
    expect((await short.ask()).at(-1)?.type).toBe("finish");
    expect(short.clock.waited).toContain(3_000);

    const long = setUp({
      config: anthropic,
      logins: ["anthropic:a"],
      answers: { "anthropic:a": [fail("rate_limit", { retryAfterMs: 3_600_000 })] },
    });
    expect((await long.ask()).at(-1)).toMatchObject({
      error: { kind: "rate_limit", retryAfterMs: 3_600_000 },
    });
    const second = (await long.ask()).at(-1);
    expect(second).toMatchObject({
      error: { kind: "rate_limit", hint: expect.stringContaining("models status") },
    });
    expect(JSON.stringify(second)).toContain("pauses until");
    expect(long.asked).toHaveLength(1);
  });

  it("asks once more after a broken connection and starts the text anew", async () => {
    const broken: ModelEvent[] = [{ type: "text", delta: "par" }, ...fail("network")];
    const { ask, asked } = setUp({
      config: anthropic,
      logins: ["anthropic:a"],
      answers: { "anthropic:a": [broken, ok("whole")] },
    });
    const events = await ask();
    expect(events.map((event) => event.type)).toEqual(["selected", "text", "selected", "text", "finish"]);
    expect(asked).toHaveLength(2);
  });

  it("skips the other logins of a provider that is full", async () => {
    const { ask, asked } = setUp({
      config: withFallback,
      logins: ["anthropic:a", "anthropic:b", "openai:a"],
      answers: { "claude-opus-4-6": [fail("overloaded", { status: 529 })] },
    });
    await ask();
    expect(asked.map((one) => one.profile)).toEqual(["anthropic:a", "openai:a"]);
  });

  it("lengthens the pause of a login whose bill is unpaid", async () => {
    const { ask, health, clock } = setUp({
      config: withFallback,
      logins: ["anthropic:a", "openai:a"],
      answers: { "anthropic:a": [fail("billing", { status: 402 })] },
    });
    const start = clock.now();
    await ask();
    expect(health["main"]?.["anthropic:a"]).toMatchObject({
      cooldownReason: "billing",
      cooldownUntil: start + 5 * 3_600_000,
    });
  });

  it.each(["context_overflow", "content_filter", "aborted"] as const)(
    "hands %s to the caller",
    async (kind) => {
      const { ask, asked } = setUp({
        config: withFallback,
        logins: ["anthropic:a", "openai:a"],
        answers: { "claude-opus-4-6": [fail(kind)] },
      });
      expect((await ask()).at(-1)).toMatchObject({ type: "error", error: { kind } });
      expect(asked).toHaveLength(1);
    },
  );

  it("ends, however many logins fail however often", async () => {
    const { ask, asked } = setUp({
      config: withFallback,
      logins: Array.from({ length: 20 }, (_, i) => `anthropic:p${i}`),
      answers: { "claude-opus-4-6": [fail("network")] },
    });
    expect((await ask()).at(-1)).toMatchObject({ type: "error" });
    expect(asked.length).toBeLessThanOrEqual(12);
  });

  it("forgets the failures of a login that works again", async () => {
    const { ask, health, clock } = setUp({
      config: anthropic,
      logins: ["anthropic:a"],
      answers: { "anthropic:a": [fail("rate_limit", { retryAfterMs: 1_000 }), ok("fine")] },
    });
    await ask();
    expect(health["main"]?.["anthropic:a"]).toEqual({ lastUsed: clock.now() });
  });
});

describe("logins", () => {
  it("missing: the provider is named with the command that mends it", async () => {
    const { ask } = setUp({ config: anthropic });
    expect(await ask()).toEqual([
      {
        type: "error",
        error: {
          kind: "not_configured",
          message: 'No API key found for provider "anthropic"',
          hint: "openclaw models auth add --provider anthropic",
        },
        usage: noUsage,
      },
    ]);
  });

  it("are not sent to another origin than theirs", async () => {
    const { ask, asked } = setUp({
      config: {
        ...anthropic,
        models: { providers: { anthropic: { baseUrl: "https://elsewhere.example/v1" } } },
      },
      profiles: [
        {
          id: "anthropic:default",
          provider: "anthropic",
          kind: "api_key",
          source: "credentials/x",
          revision: "1",
          origin: "https://api.anthropic.com",
        },
      ],
    });
    const last = (await ask()).at(-1);
    expect(last).toMatchObject({ type: "error", error: { kind: "auth" } });
    expect(JSON.stringify(last)).toContain("https://elsewhere.example");
    expect(asked).toHaveLength(0);
  });

  it("are shown as valid, missing, paused or refused", async () => {
    const { ask, router } = setUp({
      config: withFallback,
      logins: ["anthropic:a", "anthropic:b"],
      answers: {
        "anthropic:a": [fail("auth")],
        "anthropic:b": [fail("rate_limit", { retryAfterMs: 3_600_000 })],
      },
    });
    await ask();
    const rows = await router.status({});
    expect(rows.map((row) => [row.profileId, row.state])).toEqual([
      ["anthropic:a", "invalid"],
      ["anthropic:b", "cooldown"],
      ["openai:none", "missing"],
      ["builtin:offline", "valid"],
    ]);
    expect(JSON.stringify(rows)).not.toContain("secret of");
  });
});

it("stops waiting when the request is stopped", async () => {
  const stop = new AbortController();
  const { ask } = setUp({
    config: anthropic,
    logins: ["anthropic:a"],
    answers: { "anthropic:a": [fail("rate_limit", { retryAfterMs: 5_000 })] },
  });
  stop.abort();
  expect((await ask(undefined, stop.signal)).at(-1)).toMatchObject({
    type: "error",
    error: { kind: "aborted" },
  });
});

it("tells of a configuration that cannot work instead of throwing", async () => {
  const { ask } = setUp({ config: { agents: { defaults: { model: { primary: "nobody/knows" } } } } });
  expect((await ask()).at(-1)).toMatchObject({
    type: "error",
    error: { kind: "not_configured", hint: expect.stringContaining("models.providers.nobody.baseUrl") },
  });
  expect((await ask("???")).at(-1)).toMatchObject({ type: "error", error: { kind: "invalid_request" } });
});
