import { z } from "zod";
import type { HealthCondition } from "../../observability/index.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import type { HealthMonitor } from "../health.ts";
import { createModelLookup, sessionDefaults, statusRow } from "./session-rows.ts";
import { agentsOf, defaultAgentOf, sessionListPath, settingsOf } from "./settings.ts";

/** Rows of recent sessions in `status`. */
const recentRows = 10;

/** `health`, `status`, `logs.tail` (protocol.md 3.1). */
export function createHealthMethods(services: GatewayServices, health: HealthMonitor): Method[] {
  return [
    method({
      name: "health",
      authority: "read",
      lenient: true,
      params: () => z.object({ probe: z.boolean().optional(), deep: z.boolean().optional() }),
      handler: (params, context) =>
        params.probe || params.deep ? health.refresh({ probe: true, signal: context.signal }) : health.json(),
    }),
    method({
      name: "status",
      authority: "read",
      lenient: true,
      params: () => z.object({}),
      handler: () => statusSummary(services, health.conditions()),
    }),
    method({
      name: "logs.tail",
      authority: "read",
      params: () =>
        z.strictObject({
          cursor: z.int().min(0).optional(),
          limit: z.int().min(1).max(5000).optional(),
          maxBytes: z.int().min(1).max(1_000_000).optional(),
        }),
      handler: ({ cursor, limit = 500, maxBytes = 250_000 }) =>
        services.tailLog({ limit, maxBytes, ...(cursor === undefined ? {} : { cursor }) }),
    }),
  ];
}

/** The answer of `status`; also written to the status page, so that it can be read when the gateway does not answer. */
export function statusSummary(
  services: GatewayServices,
  conditions: readonly HealthCondition[] = [],
): Record<string, unknown> {
  const { sessions, channels, clock } = services;
  const now = clock.now();
  const lookup = createModelLookup(services);
  const defaults = sessionDefaults(services);
  const agents = agentsOf(services);
  const recentOf = (agentId?: string) =>
    sessions
      .list({ limit: recentRows, ...(agentId === undefined ? {} : { agentId }) })
      .map((record) => statusRow(record, { lookup, now, sandbox: services.sandboxOf?.(record) ?? null }));
  const activity = services.ledger.activity();
  const listening = services.listening();
  const snapshot = services.current();
  const channelStates = channels.ids().map((id) => {
    const accounts = channels.accounts(id);
    const state = accounts.some((account) => account.connected)
      ? "connected"
      : accounts.some((account) => account.running)
        ? "running"
        : (accounts[0]?.lastError ?? "stopped");
    return { id, label: channels.label(id), state, accounts };
  });
  return {
    version: services.version,
    uptime: Math.floor((now - services.startedAt) / 1000),
    uptimeMs: now - services.startedAt,
    channels: channelStates,
    gateway: {
      port: listening.port,
      bind: listening.bind,
      host: listening.host,
      auth: settingsOf(services).gateway.auth.mode,
      pid: process.pid,
    },
    config: {
      path: snapshot.path,
      valid: snapshot.valid,
      issues: snapshot.issues,
      hash: services.reload?.state().inForce ?? snapshot.hash,
      ...(services.reload === undefined ? {} : { reload: services.reload.state() }),
    },
    safeMode: services.safeMode?.() ?? null,
    lastEnd: services.lastEnd?.() ?? null,
    conditions,
    runs: { running: activity.running, queued: activity.queued },
    heartbeat: {
      defaultAgentId: defaultAgentOf(services),
      on: services.heartbeat.isOn(),
      agents: services.heartbeat.agents().map(({ prompt: _prompt, ...beat }) => beat),
    },
    channelSummary: channelStates.map((channel) => `${channel.label}: ${channel.state}`),
    queuedSystemEvents: services.systemEvents.waiting().map((event) => event.text),
    sessions: {
      paths: agents.map((agent) => sessionListPath(services, agent.id)),
      count: sessions.count(),
      defaults: { model: defaults.model, contextTokens: defaults.contextTokens },
      recent: recentOf(),
      byAgent: agents.map((agent) => ({
        agentId: agent.id,
        path: sessionListPath(services, agent.id),
        count: sessions.count(agent.id),
        recent: recentOf(agent.id),
      })),
    },
  };
}
