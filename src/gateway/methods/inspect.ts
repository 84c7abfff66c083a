import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { UsageRow } from "../../ledger/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { defaultAgentOf, invalidRequest, requireAgent, sessionKeyOf, settingsOf } from "./settings.ts";

const dayMs = 86_400_000;
const maxDays = 366;

/** What the gateway remembers and decides, to be looked at: `why`, `sessions.runs`, `usage.breakdown`, `agents.tools`, `hooks.list`. */
export function createInspectMethods(services: GatewayServices): Method[] {
  const { ledger, clock } = services;
  /** Days that are over, by their beginning: what was used in them does not change any more. */
  const past = new Map<number, UsageRow[]>();

  /** One day at a time, with room for everything else between two: a year of a busy gateway takes a while to add up. */
  async function usageOfDay(day: number, today: number): Promise<UsageRow[]> {
    const known = past.get(day);
    if (known) return known;
    const rows = ledger.usage(day, day + dayMs);
    if (day < today) {
      if (past.size >= maxDays) past.clear();
      past.set(day, rows);
    }
    await setImmediate();
    return rows;
  }

  return [
    method({
      name: "why",
      authority: "read",
      params: () => z.strictObject({ id: z.string().min(1).max(500) }),
      handler: ({ id }) => remembered(services, id),
    }),
    method({
      name: "sessions.runs",
      authority: "read",
      params: () => z.strictObject({ key: z.string().min(1), limit: z.int().min(1).max(200).optional() }),
      handler({ key, limit = 30 }) {
        const { canonical } = sessionKeyOf(services, key);
        return { key: canonical, runs: ledger.runsOf(canonical, limit) };
      },
    }),
    method({
      name: "usage.breakdown",
      authority: "read",
      params: () => z.strictObject({ days: z.int().min(1).max(maxDays).optional() }),
      async handler({ days = 30 }) {
        const now = clock.now();
        const today = Math.floor(now / dayMs) * dayMs;
        const since = today - (days - 1) * dayMs;
        const rows: UsageRow[] = [];
        for (let day = since; day <= today; day += dayMs) rows.push(...(await usageOfDay(day, today)));
        return { updatedAt: now, days, since, rows };
      },
    }),
    method({
      name: "agents.tools",
      authority: "read",
      params: () => z.strictObject({ agentId: z.string().min(1).optional() }),
      async handler({ agentId }) {
        const agent = agentId === undefined ? defaultAgentOf(services) : requireAgent(services, agentId);
        const matrix = await services.toolMatrix?.(agent);
        if (!matrix) throw invalidRequest("this gateway has no tools");
        return { agentId: agent, ...matrix };
      },
    }),
    method({
      name: "hooks.list",
      authority: "read",
      params: () => z.strictObject({}),
      handler() {
        const { enabled, path, token, mappings, presets, allowedAgentIds } = settingsOf(services).hooks;
        return {
          enabled,
          path,
          hasToken: Boolean(token?.trim()),
          presets,
          allowedAgentIds: allowedAgentIds ?? null,
          // Templates may quote what a stranger sends, but they are the operator's own words.
          mappings: mappings.map(({ match, action, name, agentId, deliver, channel }) => ({
            ...(match === undefined ? {} : { match }),
            ...(action === undefined ? {} : { action }),
            ...(name === undefined ? {} : { name }),
            ...(agentId === undefined ? {} : { agentId }),
            ...(deliver === undefined ? {} : { deliver }),
            ...(channel === undefined ? {} : { channel }),
          })),
        };
      },
    }),
  ];
}

/** As `openclaw why --json` answers, without who asked in machine terms: scopes and connections are nobody's business. */
function remembered({ ledger }: GatewayServices, id: string) {
  const { messages, run, steps, deliveries, trace } = ledger.why(id);
  return {
    messages: messages.map((row) => ({
      runId: row.runId,
      door: row.door,
      sessionKey: row.sessionKey,
      text: row.text,
      receivedAt: row.receivedAt,
      state: row.state,
      takenByRunId: row.takenByRunId,
      outcome: row.outcome,
      outcomeDetail: row.outcomeDetail,
      doneAt: row.doneAt,
    })),
    run,
    steps,
    deliveries: deliveries.map((row) => ({
      key: row.key,
      target: row.target,
      text: row.text,
      state: row.state,
      attempts: row.attempts,
      lastError: row.lastError,
      createdAt: row.createdAt,
      settledAt: row.settledAt,
    })),
    trace,
  };
}
