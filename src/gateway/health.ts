import { messageOf } from "../core/errors.ts";
import type { AuthStatus } from "../models/contract.ts";
import {
  createHealthRegistry,
  evidenceOf,
  type ConditionCode,
  type HealthCondition,
  type HealthSource,
  type LoopDelay,
} from "../observability/index.ts";
import type { ChannelAccountStatus } from "../routing/contract.ts";
import type { GatewayServices } from "./contract.ts";
import { healthSources } from "./health-sources.ts";
import { RawJson } from "./results.ts";
import { agentsOf, defaultAgentOf, sessionListPath, settingsOf } from "./methods/settings.ts";

/** A cached snapshot is answered for so long, in milliseconds; building one costs about 0.1 ms. */
const freshMs = 1000;
const probeTimeoutMs = 10_000;
/** How old the state of credentials may be; asked for a little later, so the first `hello-ok` does not wait for it. */
const authFreshMs = 60_000;
const authDelayMs = 1000;

export interface HealthCheck {
  id: "config" | "storage" | "channels" | "models";
  ok: boolean;
  detail: string;
}

export interface HealthMonitor {
  /** The snapshot of at most a second ago (protocol.md 3.1 with the members of RPC-037…044). */
  current(): Record<string, unknown>;
  /** The same as text, made once per snapshot. */
  json(): RawJson;
  /** A new snapshot; with `probe` every channel account and model provider is asked for real. */
  refresh(options: { probe: boolean; signal?: AbortSignal }): Promise<RawJson>;
  /** What is the matter now; the same on every surface (issue 3, section 5). */
  conditions(): HealthCondition[];
  /** Codes of what keeps the gateway from taking work, for `/readyz`. */
  blocking(): ConditionCode[];
}

export interface HealthOptions {
  /** Paired nodes and whether each is connected; without it the nodes connected now are named. */
  nodes?: () => Array<{ nodeId: string; displayName?: string; connected: boolean }>;
  loop?: LoopDelay;
  /** Further places to look: what only the composition root knows, e.g. safe mode. */
  sources?: readonly HealthSource[];
}

/** Builds health snapshots from the state of the services. Holds one snapshot and what the last probe said. */
export function createHealth(services: GatewayServices, options: HealthOptions = {}): HealthMonitor {
  const { clock } = services;
  let built: { at: number; value: Record<string, unknown>; json: RawJson | null } | null = null;
  let auth: AuthStatus[] = [];
  let configHash = services.current().hash;
  let stateVersion = 1;
  let probedAt: number | null = null;
  let authAskedAt = Number.NEGATIVE_INFINITY;
  const registry = createHealthRegistry({
    clock,
    sources: [
      ...healthSources(services, { auth: () => auth, loop: options.loop ?? null }),
      ...(options.sources ?? []),
    ],
    onSourceError: (error) =>
      services.logger.warn("a look at the health failed", { error: messageOf(error) }),
  });

  function nodes() {
    if (options.nodes) return options.nodes();
    const connected: Array<{ nodeId: string; displayName?: string; connected: boolean }> = [];
    for (const connection of services.broadcaster.connections()) {
      if (connection.principal.role !== "node") continue;
      const { displayName } = connection.client;
      connected.push({
        nodeId: connection.deviceId ?? connection.id,
        ...(displayName === undefined ? {} : { displayName }),
        connected: true,
      });
    }
    return connected;
  }

  function build(checks?: HealthCheck[]): Record<string, unknown> {
    const started = clock.monotonic();
    const now = clock.now();
    const snapshot = services.current();
    if (snapshot.hash !== configHash) {
      configHash = snapshot.hash;
      stateVersion += 1;
    }
    registry.look();
    const listening = services.listening();
    const defaultAgentId = defaultAgentOf(services);
    const beats = new Map(services.heartbeat.agents().map(({ agentId, ...beat }) => [agentId, beat]));
    const agents = agentsOf(services).map((agent) => ({
      agentId: agent.id,
      ...(agent.name === undefined ? {} : { name: agent.name }),
      isDefault: agent.id === defaultAgentId,
      heartbeat: beats.get(agent.id) ?? null,
      sessions: sessionsSummary(services, agent.id, now),
    }));
    const ids = services.channels.ids();
    return {
      ok: registry.ok(),
      version: services.version,
      uptime: Math.floor((now - services.startedAt) / 1000),
      uptimeMs: now - services.startedAt,
      ts: now,
      stateVersion,
      gateway: {
        port: listening.port,
        bind: listening.bind,
        host: listening.host,
        auth: settingsOf(services).gateway.auth.mode,
        tls: listening.tls,
      },
      channels: Object.fromEntries(ids.map((id) => [id, channelHealth(services.channels.accounts(id), now)])),
      models: modelsHealth(services, auth),
      nodes: nodes(),
      conditions: registry.conditions(),
      constraints: constraints(services, auth),
      config: {
        valid: snapshot.valid,
        issues: snapshot.issues.length,
        ...(services.reload === undefined ? {} : { reload: services.reload.state() }),
      },
      safeMode: services.safeMode?.() ?? null,
      lastEnd: services.lastEnd?.() ?? null,
      ...(probedAt === null ? {} : { probedAt }),
      ...(checks === undefined ? {} : { checks }),
      channelOrder: ids,
      channelLabels: Object.fromEntries(ids.map((id) => [id, services.channels.label(id)])),
      heartbeatSeconds: Math.round((beats.get(defaultAgentId)?.everyMs ?? 0) / 1000),
      defaultAgentId,
      agents,
      sessions: { ...sessionsSummary(services, defaultAgentId, now), count: services.sessions.count() },
      durationMs: Math.round(clock.monotonic() - started),
    };
  }

  /** @returns why it failed, or null. */
  async function loadAuth(wish: { probe: boolean; signal?: AbortSignal }): Promise<string | null> {
    authAskedAt = clock.now();
    try {
      auth = await services.models.status(wish);
      return null;
    } catch (error) {
      const failure = messageOf(error);
      services.logger.warn("asking for the state of the models failed", { error: failure });
      return failure;
    }
  }

  function fresh() {
    const now = clock.now();
    if (now - authAskedAt >= authFreshMs) {
      authAskedAt = now;
      clock.after(authDelayMs, () => void loadAuth({ probe: false }));
    }
    if (built === null || now - built.at >= freshMs || now < built.at) {
      built = { at: now, value: build(), json: null };
    }
    return built;
  }

  return {
    conditions: () => {
      fresh();
      return registry.conditions();
    },
    blocking: () => {
      fresh();
      return registry.blocking();
    },
    current: () => fresh().value,
    json() {
      const snapshot = fresh();
      snapshot.json ??= new RawJson(JSON.stringify(snapshot.value));
      return snapshot.json;
    },
    async refresh({ probe, signal }) {
      const started = clock.monotonic();
      if (probe) await probeChannels(services);
      const modelsFailure = await loadAuth({ probe, ...(signal === undefined ? {} : { signal }) });
      if (probe) probedAt = clock.now();
      const value = build(probe ? deepChecks(services, auth, modelsFailure) : undefined);
      value["durationMs"] = Math.round(clock.monotonic() - started);
      built = { at: clock.now(), value, json: null };
      return (built.json = new RawJson(JSON.stringify(value)));
    },
  };
}

function sessionsSummary(services: GatewayServices, agentId: string, now: number) {
  return {
    path: sessionListPath(services, agentId),
    count: services.sessions.count(agentId),
    recent: services.sessions.list({ agentId, limit: 5 }).map((record) => ({
      key: record.key,
      updatedAt: record.updatedAt,
      age: Math.max(0, now - record.updatedAt),
    })),
  };
}

function channelHealth(accounts: ChannelAccountStatus[], now: number): Record<string, unknown> {
  const main = accounts.find((account) => account.accountId === "default") ?? accounts[0];
  const one = (account: ChannelAccountStatus) => ({
    configured: account.configured,
    running: account.running,
    connected: account.connected,
    lastError: account.lastError,
    lastInboundAt: account.lastInboundAt,
    lastOutboundAt: account.lastOutboundAt,
    lastProbeAt: account.lastProbeAt,
    evidence: evidenceOf(account, now),
    ...(account.probe === undefined ? {} : { probe: account.probe }),
  });
  if (!main) return { configured: false, accounts: {} };
  return {
    ...one(main),
    accountId: main.accountId,
    accounts: Object.fromEntries(accounts.map((account) => [account.accountId, one(account)])),
  };
}

function modelsHealth(services: GatewayServices, auth: AuthStatus[]): Record<string, unknown> {
  let primary: string | null = null;
  try {
    primary = services.models.resolve(defaultAgentOf(services)).ref;
  } catch (error) {
    return { primary, error: messageOf(error) };
  }
  const provider = primary.slice(0, primary.indexOf("/"));
  const state = auth.find((each) => each.provider === provider)?.state;
  return { primary, ...(state === undefined ? {} : { state }) };
}

/** Rate limits and quotas as far as they bind right now (RPC-042). */
function constraints(services: GatewayServices, auth: AuthStatus[]): Record<string, unknown> {
  const { running, queued } = services.ledger.activity();
  return {
    maxConcurrent: settingsOf(services).agents.defaults.maxConcurrent,
    running: running.length,
    queued,
    cooldowns: auth
      .filter((each) => each.state === "cooldown" || each.state === "disabled")
      .map((each) => ({
        provider: each.provider,
        profileId: each.profileId,
        state: each.state,
        ...(each.cooldownUntil === undefined ? {} : { until: each.cooldownUntil }),
      })),
  };
}

async function probeChannels(services: GatewayServices): Promise<void> {
  const { channels, logger } = services;
  const probes = channels.ids().flatMap((id) =>
    channels
      .accounts(id)
      .filter((account) => account.running)
      .map((account) => channels.probe(id, account.accountId, probeTimeoutMs)),
  );
  for (const result of await Promise.allSettled(probes)) {
    if (result.status === "rejected")
      logger.warn("a channel probe failed", { error: messageOf(result.reason) });
  }
}

/** Config validity, storage, channel connectivity, provider reachability (RPC-044). */
function deepChecks(
  services: GatewayServices,
  auth: AuthStatus[],
  modelsFailure: string | null,
): HealthCheck[] {
  const file = services.config.read();
  const accounts = services.channels
    .ids()
    .flatMap((id) => services.channels.accounts(id).map((account) => ({ id, account })))
    .filter(({ account }) => account.enabled);
  const broken = accounts.filter(({ account }) => !account.connected);
  const primary = modelsHealth(services, auth);
  const usable = modelsFailure === null && primary["error"] === undefined;
  const state = primary["state"];
  const reachable = usable && (state === undefined || state === "valid");
  return [
    {
      id: "config",
      ok: file.valid,
      detail: file.valid
        ? "valid"
        : file.issues.map((issue) => `${issue.path || "file"}: ${issue.message}`).join("; "),
    },
    storageCheck(services),
    {
      id: "channels",
      ok: broken.length === 0,
      detail:
        broken.length === 0
          ? `${accounts.length} connected`
          : broken
              .map(({ id, account }) => `${id}/${account.accountId}: ${account.lastError ?? "not connected"}`)
              .join("; "),
    },
    {
      id: "models",
      ok: reachable,
      detail: usable
        ? `${String(primary["primary"])}: ${typeof state === "string" ? state : "usable"}`
        : (modelsFailure ?? String(primary["error"])),
    },
  ];
}

function storageCheck(services: GatewayServices): HealthCheck {
  try {
    services.ledger.activity();
    return { id: "storage", ok: true, detail: services.paths.ledgerPath };
  } catch (error) {
    return { id: "storage", ok: false, detail: messageOf(error) };
  }
}
