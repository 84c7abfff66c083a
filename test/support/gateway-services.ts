import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentRunner, RunHooks } from "../../src/agent/contract.ts";
import {
  createCronService,
  createCronStore,
  createHeartbeatService,
  createHeartbeatStore,
  createSystemEvents,
  heartbeatSettings,
} from "../../src/automation/index.ts";
import { openConfigStore } from "../../src/config/index.ts";
import type { Principal, Scope } from "../../src/core/authority.ts";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { noUsage } from "../../src/core/conversation.ts";
import { OpenClawError, UserError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/logger.ts";
import type { RunOutcome } from "../../src/core/outcome.ts";
import type { CallContext, Connection, GatewayServices, Method } from "../../src/gateway/contract.ts";
import { createLiveRuns } from "../../src/gateway/live-runs.ts";
import type { Lease } from "../../src/ledger/contract.ts";
import type { CatalogModel } from "../../src/models/contract.ts";
import { createChannelHost, createPairingDesk, createRunService } from "../../src/routing/index.ts";
import type { ApprovalRecord, ApprovalService } from "../../src/sandbox/contract.ts";
import { openStorage } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";

/** What the scripted agent does with a run; the rest of the outcome is filled in. */
export type AgentScript = (
  lease: Lease,
  hooks: RunHooks,
) => Promise<Partial<RunOutcome>> | Partial<RunOutcome>;

export interface SentEvent {
  /** `all`, or the id of one connection. */
  to: string;
  event: string;
  payload: Record<string, unknown>;
  requires?: string;
}

/** Real config, ledger, sessions, lanes and cron in a temporary state directory; the agent and models are scripted. */
export async function createTestServices(options: { clock?: Clock; config?: string } = {}) {
  const home = mkdtempSync(join(tmpdir(), "openclaw-services-"));
  const clock = options.clock ?? systemClock;
  const paths = resolvePaths({ env: {}, home });
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  if (options.config !== undefined) writeFileSync(paths.configPath, options.config, { mode: 0o600 });
  const config = openConfigStore({ paths, env: {}, clock, logger: silentLogger });
  const storage = await openStorage({
    paths,
    clock,
    logger: silentLogger,
    policy: () => ({
      maxConcurrent: 8,
      maxConcurrentPerAgent: () => 8,
      leaseMs: 30_000,
      defaultTimeoutMs: 60_000,
      maxQueuedPerSession: 20,
    }),
  });
  await storage.ledger.recover();

  const agent: { script: AgentScript } = {
    script: () => ({ payloads: [{ text: "hello", mediaUrl: null }] }),
  };
  const leases: Lease[] = [];
  const runner: AgentRunner = {
    async run(lease, hooks) {
      leases.push(lease);
      const startedAt = clock.now();
      const scripted = await agent.script(lease, hooks);
      const aborted = hooks.signal.aborted;
      const outcome: RunOutcome = {
        runId: lease.runId,
        status: aborted ? "aborted" : "ok",
        reason: aborted ? "aborted" : "answered",
        payloads: [],
        usage: { ...noUsage, input: 12, output: 3, total: 15 },
        provider: "test",
        model: "scripted",
        sessionId: lease.sessionId,
        sessionKey: lease.sessionKey,
        startedAt,
        endedAt: clock.now(),
        ...scripted,
      };
      const text = outcome.payloads.map((payload) => payload.text).join("\n\n");
      await storage.ledger.complete(lease, {
        outcome,
        deliveries: hooks.deliveries(outcome),
        entries: [
          {
            id: `${lease.runId}-user`,
            ts: startedAt,
            role: "user",
            content: [{ type: "text", text: lease.messages[0]?.text ?? "" }],
            ...(lease.messages[0]?.replaces ? { replaces: lease.messages[0].replaces } : {}),
          },
          {
            id: `${lease.runId}-answer`,
            ts: outcome.endedAt,
            role: "assistant",
            content: [{ type: "text", text }],
          },
        ],
      });
      return outcome;
    },
  };
  const runs = createRunService({
    ledger: storage.ledger,
    sessions: storage.sessions,
    runner,
    clock,
    logger: silentLogger,
    settings: () => ({
      defaultAgentId: "main",
      mainKey: "main",
      queueMode: "collect",
      leaseMs: 30_000,
      agentIds: () => ["main", "ops"],
    }),
    preempts: () => false,
    onDeliveries: () => {},
  });
  runs.start();

  const events: SentEvent[] = [];
  const connections: Connection[] = [];
  const restarts: Array<{ reason: string; delayMs: number }> = [];
  const approvals = memoryApprovals(clock);
  const channels = createChannelHost({
    available: [],
    paths,
    accounts: () => [],
    ledger: storage.ledger,
    gate: { check: () => Promise.reject(new Error("nobody speaks here")) },
    media: {
      put: (bytes) => storage.sessions.putMedia(bytes),
      get: (digest) => storage.sessions.getMedia(digest),
      fetch: () => Promise.reject(new Error("nothing is fetched here")),
    },
    claimLogin: () => ({ heldBy: null }),
    live: () => ({
      ack: { emoji: "", scope: "off", removeAfterReply: false },
      typingIntervalMs: 0,
      styleOf: () => ({ prefix: "", limit: 4000, replyTo: "off", preview: false }),
    }),
    mediaMaxBytes: () => 1_000_000,
    clock,
    logger: silentLogger,
  });
  const workspace = join(home, "workspace");
  mkdirSync(workspace);
  const systemEvents = createSystemEvents({ db: storage.db, clock, defaultAgentId: () => "main" });
  const heartbeat = createHeartbeatService({
    store: createHeartbeatStore(storage.db),
    runs,
    ledger: storage.ledger,
    systemEvents,
    clock,
    logger: silentLogger,
    settings: () => heartbeatSettings(config.read().config, () => workspace),
    mainKey: () => "main",
    target: () => null,
    modelProblem: () => Promise.resolve(null),
    lastWords: () => "HEARTBEAT_OK",
  });
  const cron = createCronService({
    heartbeat,
    systemEvents,
    store: createCronStore(storage.db),
    runs,
    clock,
    logger: silentLogger,
    settings: () => ({ enabled: true, storePath: paths.ledgerPath, defaultAgentId: "main" }),
    deliveryTarget: () => null,
  });
  const services: GatewayServices = {
    version: "2026.1.2",
    paths,
    clock,
    logger: silentLogger,
    config,
    current: () => config.read(),
    runs,
    liveRuns: createLiveRuns(runs),
    ledger: storage.ledger,
    sessions: storage.sessions,
    models: {
      stream: () => {
        throw new Error("not used");
      },
      resolve(_agentId, override) {
        const found = models.find((model) => model.ref === (override ?? "test/scripted"));
        if (!found) throw new UserError("MODEL_UNKNOWN", `there is no model ${String(override)}`);
        return found;
      },
      list: () => models,
      status: () =>
        Promise.resolve([
          { provider: "test", profileId: "default", kind: "none", source: "builtin", state: "valid" },
        ]),
      estimateTokens: (text) => Math.ceil(text.length / 4),
    },
    approvals,
    channels,
    pairing: createPairingDesk({ channelsDir: paths.channelsDir, clock, logger: silentLogger }),
    broadcaster: {
      broadcast: (event, payload, { requires }) =>
        void events.push({
          to: "all",
          event,
          payload: payload as Record<string, unknown>,
          ...(requires === undefined ? {} : { requires }),
        }),
      connections: () => connections,
    },
    invokeTool: ({ name, input }) =>
      Promise.resolve(
        name === "echo"
          ? { found: true, output: { content: [{ type: "text", text: JSON.stringify(input) }] } }
          : { found: false, output: null },
      ),
    restart: (reason, delayMs) => void restarts.push({ reason, delayMs }),
    workspaceDir: () => workspace,
    tailLog: (query) => ({
      file: "log",
      cursor: 7,
      size: 7,
      lines: [JSON.stringify(query)],
      truncated: false,
      reset: false,
    }),
    skills: {
      status: () => ({ workspaceDir: workspace, managedSkillsDir: "", skills: [] }),
      bins: () => ["git"],
      install: () => Promise.reject(new UserError("SKILL_UNKNOWN", "there are no skills here")),
    },
    execApprovals: {
      get: () => ({ path: paths.execApprovalsPath, exists: false, hash: "", file: { version: 1 } }),
      set: (file) => ({ path: paths.execApprovalsPath, exists: true, hash: "h", file }),
    },
    cron,
    systemEvents,
    heartbeat,
    fetch: () => Promise.reject(new OpenClawError("DIAL_REFUSED", "not allowed")),
    startedAt: clock.now() - 5000,
    listening: () => ({ host: "127.0.0.1", port: 18789, bind: "loopback", tls: false }),
  };

  /** A connected operator; everything sent to it alone lands in `events` under its id. */
  function connect(id: string, wish: { caps?: string[]; scopes?: Scope[] } = {}): Connection {
    const connection: Connection = {
      id,
      principal: operator(id, wish.scopes ?? ["operator.admin"]),
      protocol: 3,
      client: { id: "cli", mode: "cli", version: "1", platform: "test" },
      deviceId: null,
      caps: new Set(wish.caps ?? []),
      connectedAt: clock.now(),
      sendEvent(event, payload) {
        events.push({ to: id, event, payload: payload as Record<string, unknown> });
        return true;
      },
      close: () => {},
    };
    connections.push(connection);
    return connection;
  }

  /** Calls a method as the dispatcher does; `early` collects first answers. */
  async function call(
    methods: Method[],
    name: string,
    params: unknown = {},
    connection: Connection = connections[0] ?? connect("conn-1"),
    early: unknown[] = [],
  ): Promise<unknown> {
    const found = methods.find((method) => method.name === name);
    if (!found) throw new Error(`unknown method: ${name}`);
    const context: CallContext = {
      connection,
      principal: connection.principal,
      requestId: "1",
      signal: new AbortController().signal,
      logger: silentLogger,
      clock,
      respondEarly: (payload) => void early.push(payload),
    };
    const answer = await found.handler(found.params.parse(params), context);
    return answer !== null &&
      typeof answer === "object" &&
      "json" in answer &&
      typeof answer.json === "string"
      ? JSON.parse(answer.json)
      : answer;
  }

  return {
    services,
    db: storage.db,
    agent,
    leases,
    events,
    restarts,
    workspace,
    connect,
    call,
    async close() {
      cron.stop();
      heartbeat.stop();
      await runs.drain(2000);
      await storage.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function operator(id: string, scopes: Scope[]): Principal {
  return {
    kind: "operator",
    id,
    role: "operator",
    scopes: new Set(scopes),
    owner: scopes.includes("operator.admin"),
  };
}

const models: CatalogModel[] = [
  {
    ref: "test/scripted",
    provider: "test",
    id: "scripted",
    name: "Scripted",
    contextWindow: 1000,
    maxOutputTokens: 100,
    reasoning: false,
    input: ["text"],
  },
];

function memoryApprovals(clock: Clock): ApprovalService {
  const records = new Map<string, ApprovalRecord>();
  const listeners = new Set<Parameters<ApprovalService["subscribe"]>[0]>();
  const waiting = new Map<string, (record: ApprovalRecord) => void>();
  return {
    async request(request, timeoutMs) {
      const known = records.get(request.id);
      if (known) return known;
      const record: ApprovalRecord = {
        request: { ...request, createdAtMs: clock.now(), expiresAtMs: clock.now() + timeoutMs },
        decision: null,
        resolvedBy: null,
        resolvedAtMs: null,
        usedAtMs: null,
      };
      records.set(request.id, record);
      for (const listener of listeners) listener({ type: "requested", record });
      return record;
    },
    wait: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    async resolve(id, decision, by) {
      const record = records.get(id);
      if (!record) throw new OpenClawError("APPROVAL_UNKNOWN", `no approval ${id}`);
      Object.assign(record, { decision, resolvedBy: by, resolvedAtMs: clock.now() });
      waiting.get(id)?.(record);
      for (const listener of listeners) listener({ type: "resolved", record });
      return record;
    },
    get: (id) => records.get(id) ?? null,
    recent: () => [...records.values()],
    pending: () => [...records.values()].filter((record) => record.decision === null),
    consume: () => Promise.resolve(false),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
