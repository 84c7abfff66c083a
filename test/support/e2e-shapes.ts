// What the clients of the existing system read from frames and answers (protocol.md 1 to 3, 7, 8), as schemas.
import { expect } from "vitest";
import { z } from "zod";
import type { Frame, SignedIn } from "./e2e-socket.ts";

const n = z.number();
const text = z.string();
const requestFrame = {
  res: z.strictObject({
    type: z.literal("res"),
    id: text,
    ok: z.boolean(),
    payload: z.unknown().optional(),
    error: z.unknown().optional(),
  }),
  event: z.strictObject({
    type: z.literal("event"),
    event: text.min(1),
    payload: z.unknown().optional(),
    seq: n.int().min(0).optional(),
    stateVersion: z.strictObject({ presence: n.int(), health: n.int() }).optional(),
  }),
};
/** The official client drops frames with one member more, and then waits for ever. */
export function expectExactFrames(frames: Frame[]): void {
  for (const frame of frames) {
    const schema = frame["type"] === "res" ? requestFrame.res : requestFrame.event;
    expect(schema.safeParse(frame).error?.message, JSON.stringify(frame).slice(0, 300)).toBeUndefined();
    expect("error" in frame && frame.error === null).toBe(false);
    if (frame["type"] === "event")
      expect("stateVersion" in frame).toBe(frame["event"] === "presence" || frame["event"] === "health");
  }
}
const presenceEntry = z.looseObject({
  ts: n,
  host: text.optional(),
  mode: text.optional(),
  reason: text.optional(),
});
const sessionsOf = z.looseObject({
  path: text,
  count: n,
  recent: z.array(z.looseObject({ key: text, updatedAt: n })),
});
const shapes: Record<string, z.ZodType> = {
  health: z.looseObject({
    ok: z.literal(true),
    ts: n,
    durationMs: n,
    channels: z.record(text, z.unknown()),
    channelOrder: z.array(text),
    channelLabels: z.record(text, text),
    heartbeatSeconds: n,
    defaultAgentId: text,
    agents: z.array(
      z.looseObject({
        agentId: text,
        isDefault: z.boolean(),
        heartbeat: z.looseObject({ enabled: z.boolean(), every: text, everyMs: n.nullable() }),
        sessions: sessionsOf,
      }),
    ),
    sessions: sessionsOf,
  }),
  status: z.looseObject({
    heartbeat: z.looseObject({ defaultAgentId: text, agents: z.array(z.looseObject({ agentId: text })) }),
    channelSummary: z.array(text),
    queuedSystemEvents: z.array(text),
    sessions: z.looseObject({
      paths: z.array(text),
      count: n,
      defaults: z.looseObject({ model: text, contextTokens: n }),
      recent: z.array(z.looseObject({ key: text, kind: text, totalTokens: n, flags: z.array(text) })),
      byAgent: z.array(z.looseObject({ agentId: text, path: text, count: n })),
    }),
  }),
  "system-presence": z.array(presenceEntry),
  "config.get": z.looseObject({
    path: text,
    exists: z.boolean(),
    raw: text.nullable(),
    valid: z.boolean(),
    config: z.looseObject({}),
    hash: text,
    issues: z.array(z.unknown()),
    warnings: z.array(z.unknown()),
    legacyIssues: z.array(z.unknown()),
  }),
  "config.schema": z.looseObject({
    schema: z.looseObject({}),
    uiHints: z.record(text, z.unknown()),
    version: text,
    generatedAt: text,
  }),
  "channels.status": z.looseObject({
    ts: n,
    channelOrder: z.array(text),
    channelLabels: z.record(text, text),
    channelDetailLabels: z.record(text, text),
    channelSystemImages: z.record(text, text),
    channelMeta: z.array(z.looseObject({ id: text, label: text, detailLabel: text })),
    channels: z.record(text, z.unknown()),
    channelAccounts: z.record(text, z.array(z.looseObject({ accountId: text }))),
    channelDefaultAccountId: z.record(text, text),
  }),
  "logs.tail": z.looseObject({
    file: text,
    cursor: n,
    size: n,
    lines: z.array(text),
    truncated: z.boolean(),
    reset: z.boolean(),
  }),
  "sessions.list": z.looseObject({
    ts: n,
    path: text,
    count: n,
    defaults: z.looseObject({
      modelProvider: text.nullable(),
      model: text.nullable(),
      contextTokens: n.nullable(),
    }),
    sessions: z.array(
      z.looseObject({
        key: text,
        kind: z.enum(["direct", "group", "global", "unknown"]),
        updatedAt: n.nullable(),
      }),
    ),
  }),
  "agents.list": z.looseObject({
    defaultId: text,
    mainKey: text,
    scope: z.enum(["per-sender", "global"]),
    agents: z.array(z.looseObject({ id: text })),
  }),
  "agent.identity.get": z.looseObject({ agentId: text, name: text, avatar: text }),
  "models.list": z.looseObject({ models: z.array(z.looseObject({ id: text, name: text, provider: text })) }),
  "cron.list": z.looseObject({ jobs: z.array(z.looseObject({ id: text })) }),
  "cron.status": z.looseObject({
    enabled: z.boolean(),
    storePath: text,
    jobs: n,
    nextWakeAtMs: n.nullable(),
  }),
  "node.list": z.looseObject({ ts: n, nodes: z.array(z.looseObject({ nodeId: text })) }),
  "node.pair.list": z.looseObject({ pending: z.array(z.unknown()), paired: z.array(z.unknown()) }),
  "device.pair.list": z.looseObject({
    pending: z.array(z.unknown()),
    paired: z.array(z.looseObject({ deviceId: text, roles: z.array(text), scopes: z.array(text) })),
  }),
  "exec.approvals.get": z.looseObject({
    path: text,
    exists: z.boolean(),
    hash: text,
    file: z.looseObject({ version: z.literal(1) }),
  }),
  "skills.status": z.looseObject({
    workspaceDir: text,
    managedSkillsDir: text,
    skills: z.array(
      z.looseObject({
        missing: z.looseObject({
          bins: z.array(text),
          env: z.array(text),
          config: z.array(text),
          os: z.array(text),
        }),
        install: z.array(z.unknown()),
      }),
    ),
  }),
  "usage.cost": z.looseObject({
    updatedAt: n,
    days: n,
    daily: z.array(z.looseObject({ date: text })),
    totals: z.looseObject({ input: n, output: n, totalTokens: n, totalCost: n, missingCostEntries: n }),
  }),
  "usage.status": z.looseObject({ updatedAt: n, providers: z.array(z.unknown()) }),
  "chat.history": z.looseObject({
    sessionKey: text,
    messages: z.array(
      z.looseObject({ role: text, content: z.array(z.looseObject({ type: text })), timestamp: n }),
    ),
  }),
  "last-heartbeat": z.unknown(),
  "agents.files.list": z.looseObject({
    agentId: text,
    workspace: text,
    files: z.array(z.looseObject({ name: text, path: text, missing: z.boolean() })),
  }),
};

/** Makes the calls in order and checks every answer against what the old clients read from it. */
export async function askAll(
  client: SignedIn,
  calls: Array<[method: string, params?: object]>,
): Promise<void> {
  for (const [method, params] of calls) {
    const answer = await client.request(method, params);
    expect(answer["ok"], `${method}: ${JSON.stringify(answer.error)}`).toBe(true);
    const problem = shapes[method]?.safeParse(answer.payload).error?.message;
    expect(problem, `${method} answered ${JSON.stringify(answer.payload).slice(0, 1500)}`).toBeUndefined();
  }
}

export const helloOk = z.strictObject({
  type: z.literal("hello-ok"),
  protocol: z.union([z.literal(3), z.literal(4)]),
  server: z.looseObject({ version: text, connId: text }),
  features: z.strictObject({ methods: z.array(text), events: z.array(text) }),
  snapshot: z.looseObject({
    presence: z.array(presenceEntry).min(1),
    health: z.looseObject({}),
    stateVersion: z.strictObject({ presence: n, health: n }),
    uptimeMs: n,
    configPath: text,
    stateDir: text,
    sessionDefaults: z.looseObject({ defaultAgentId: text, mainKey: text, mainSessionKey: text }),
  }),
  canvasHostUrl: text.optional(),
  auth: z.looseObject({ role: text, scopes: z.array(text) }).optional(),
  policy: z.strictObject({
    maxPayload: z.literal(524288),
    maxBufferedBytes: z.literal(1572864),
    tickIntervalMs: z.literal(30000),
  }),
});
