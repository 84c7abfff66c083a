import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  agentDefaults,
  createAgentRunner,
  type AbortCause,
  type AgentEngine,
  type AgentSettings,
  type MediaReader,
  type Tool,
} from "../../src/agent/index.ts";
import type { SandboxDesk } from "../../src/agent/run-sandbox.ts";
import { scopes, storePrincipal, type Principal } from "../../src/core/authority.ts";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import type { TranscriptEntry } from "../../src/core/conversation.ts";
import { silentLogger } from "../../src/core/logger.ts";
import type { RunOutcome } from "../../src/core/outcome.ts";
import type { RunEventBody } from "../../src/core/run-events.ts";
import type { InboundMessage, Lease } from "../../src/ledger/index.ts";
import type { CatalogModel, ModelRouter, RoutedModelEvent } from "../../src/models/contract.ts";
import { UserError } from "../../src/core/errors.ts";
import { openStorage, type Storage } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";

export const owner: Principal = {
  kind: "operator",
  id: "test",
  role: "operator",
  scopes: new Set(scopes),
  owner: true,
};
export const stranger: Principal = {
  kind: "sender",
  id: "webhook:default:eve",
  role: "operator",
  scopes: new Set(),
  owner: false,
};

export type ModelCall = Parameters<ModelRouter["stream"]>[0];
type Answer =
  | RoutedModelEvent[]
  | ((call: ModelCall, signal: AbortSignal) => AsyncIterable<RoutedModelEvent>);

/** A model that answers from a list, one answer per call, and remembers what it was asked. */
export interface ScriptedModel extends ModelRouter {
  calls: ModelCall[];
  script: Answer[];
}

export const usage = { input: 100, output: 20, cacheRead: 0, cacheWrite: 0, total: 120 };
export const says = (text: string): RoutedModelEvent[] => [
  ...[...text.matchAll(/\S+\s*/g)].map(([delta]) => ({ type: "text" as const, delta })),
  { type: "finish", stopReason: "stop", usage },
];
export const uses = (...calls: Array<[name: string, input: object, id?: string]>): RoutedModelEvent[] => [
  ...calls.map(([name, input, id], index) => ({
    type: "tool_call" as const,
    id: id ?? `call_${index}`,
    name,
    input: { ...input },
  })),
  { type: "finish", stopReason: "tool_use", usage },
];
export const fails = (
  kind: Extract<RoutedModelEvent, { type: "error" }>["error"]["kind"],
  message = `scripted/one: ${kind}`,
): RoutedModelEvent[] => [
  { type: "error", error: { kind, message }, usage: { ...usage, total: 0, input: 0, output: 0 } },
];

export function scriptedModel(model: Partial<CatalogModel> = {}): ScriptedModel {
  const entry: CatalogModel = {
    ref: "scripted/one",
    provider: "scripted",
    id: "one",
    name: "One",
    contextWindow: 200_000,
    maxOutputTokens: 8000,
    reasoning: true,
    input: ["text", "image"],
    ...model,
  };
  const calls: ModelCall[] = [];
  const script: Answer[] = [];
  return {
    calls,
    script,
    async *stream(call, signal) {
      calls.push({ ...call, entries: [...call.entries] });
      const next = script.shift();
      if (!next) throw new Error("the script has no more answers");
      yield { type: "selected", provider: entry.provider, model: entry.id };
      if (typeof next === "function") yield* next(call, signal);
      else yield* next;
    },
    resolve(_agentId, override) {
      if (override === undefined || override === entry.ref) return entry;
      if (override === "scripted/two") return { ...entry, ref: override, id: "two" };
      throw new UserError("MODEL_UNKNOWN", `there is no model "${override}"`, {
        hint: "openclaw models list",
      });
    },
    list: () => [entry],
    status: () => Promise.resolve([]),
    estimateTokens: (text) => Math.ceil(text.length / 4),
  };
}

export interface Ran {
  outcome: RunOutcome;
  events: RunEventBody[];
}

export interface Fixture {
  dir: string;
  workspace: string;
  model: ScriptedModel;
  storage: Storage;
  engine: AgentEngine;
  settings: AgentSettings;
  tools: Tool[];
  accept(text: string, message?: Partial<InboundMessage>): Promise<void>;
  claim(): Promise<Lease>;
  run(lease: Lease, signal?: AbortSignal, onEvent?: (event: RunEventBody) => void): Promise<Ran>;
  /** Accepts, claims and runs. */
  say(text: string, message?: Partial<InboundMessage>): Promise<Ran>;
  transcript(key?: string): TranscriptEntry[];
  /** As after a crash: another process opens the same state. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export const mainKey = "agent:main:main";

/** A runner over real storage in a temporary folder and a scripted model. */
export async function openFixture(
  options: {
    model?: Partial<CatalogModel>;
    settings?: Partial<AgentSettings>;
    clock?: Clock;
    media?: MediaReader;
    sandboxes?: SandboxDesk;
  } = {},
): Promise<Fixture> {
  const dir = mkdtempSync(join(tmpdir(), "agent-test-"));
  const workspace = join(dir, "workspace");
  mkdirSync(workspace);
  const clock = options.clock ?? systemClock;
  const paths = resolvePaths({
    env: { OPENCLAW_STATE_DIR: dir },
    home: dir,
  });
  const model = scriptedModel(options.model);
  const settings: AgentSettings = {
    ...agentDefaults,
    agentId: "main",
    workspaceDir: workspace,
    ...options.settings,
  };
  const tools: Tool[] = [];
  let count = 0;
  const open = () =>
    openStorage({
      paths,
      clock,
      logger: silentLogger,
      policy: () => ({
        maxConcurrent: 4,
        maxConcurrentPerAgent: () => 4,
        leaseMs: 30_000,
        defaultTimeoutMs: 60_000,
        maxQueuedPerSession: 100,
      }),
      owner: `owner-${++count}`,
    });
  const engineFor = (storage: Storage): AgentEngine =>
    createAgentRunner({
      settings: () => settings,
      ledger: storage.ledger,
      sessions: storage.sessions,
      models: model,
      tools: () => tools,
      approvals: {
        pending: () => [],
        resolve: () => Promise.reject(new Error("nothing waits")),
      },
      ...(options.media ? { media: options.media } : {}),
      sandboxes: options.sandboxes ?? null,
      skillHost: { platform: "linux", path: "/usr/bin:/bin", hasEnv: () => false, hasConfig: () => false },
      clock,
      logger: silentLogger,
    });
  const storage = await open();
  let messages = 0;

  const fixture: Fixture = {
    dir,
    workspace,
    model,
    storage,
    engine: engineFor(storage),
    settings,
    tools,
    async accept(text, message = {}) {
      messages += 1;
      const runId = message.runId ?? `run-${messages}`;
      await fixture.storage.ledger.accept({
        dedupeKey: `test:${runId}`,
        runId,
        door: "chat.send",
        sessionKey: mainKey,
        agentId: "main",
        sessionKeyAsSent: "main",
        principal: storePrincipal(owner),
        origin: { door: "chat.send", trust: "owner" },
        text,
        media: [],
        mode: "collect",
        deliverTo: null,
        options: {},
        ...message,
      });
    },
    async claim() {
      const lease = await fixture.storage.ledger.claim(clock.now());
      if (!lease) throw new Error("nothing to claim");
      return lease;
    },
    async run(lease, signal = new AbortController().signal, onEvent = () => {}) {
      const events: RunEventBody[] = [];
      const outcome = await fixture.engine.run(lease, {
        signal,
        emit(event) {
          events.push(event);
          onEvent(event);
        },
        deliveries: () => [],
      });
      return { outcome, events };
    },
    async say(text, message) {
      await fixture.accept(text, message);
      return fixture.run(await fixture.claim());
    },
    transcript: (key = mainKey) => fixture.storage.sessions.tail(key, 1000),
    async reopen() {
      await fixture.engine.stop();
      await fixture.storage.close();
      fixture.storage = await open();
      fixture.engine = engineFor(fixture.storage);
      await fixture.storage.ledger.recover();
    },
    async close() {
      await fixture.engine.stop();
      await fixture.storage.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return fixture;
}

export const cause = (reason: AbortCause["reason"]): AbortCause => ({ reason, detail: "test" });
