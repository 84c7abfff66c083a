import { z } from "zod";
import { uuid } from "../../core/ids.ts";
import type { SessionListQuery, SessionRecord } from "../../sessions/contract.ts";
import { method, type CallContext, type GatewayServices, type Method } from "../contract.ts";
import { RawJson } from "../results.ts";
import { failureText, thinkingOf } from "./run-requests.ts";
import { createModelLookup, previewOf, sessionDefaults, sessionEntry, sessionRow } from "./session-rows.ts";
import { agentsOf, invalidRequest, requireAgent, sessionKeyOf, sessionListPath } from "./settings.ts";

const key = z.string().min(1);
const optionalText = z.string().optional();
const setting = z.string().nullable().optional();

/** A list asked for twice within this time, with no session changed in between, is the same text. */
const listFreshMs = 1000;
const maxCachedLists = 32;
const compactWaitMs = 180_000;
const stopWaitMs = 10_000;

const listParams = z.strictObject({
  limit: z.int().min(1).optional(),
  offset: z.int().min(0).optional(),
  activeMinutes: z.int().min(1).optional(),
  includeGlobal: z.boolean().optional(),
  includeUnknown: z.boolean().optional(),
  includeDerivedTitles: z.boolean().optional(),
  includeLastMessage: z.boolean().optional(),
  label: optionalText,
  spawnedBy: optionalText,
  agentId: optionalText,
  search: optionalText,
});

/** `sessions.*` (protocol.md 3.3). */
export function createSessionMethods(services: GatewayServices): Method[] {
  return [...readMethods(services), ...changeMethods(services)];
}

function readMethods(services: GatewayServices): Method[] {
  const { sessions, clock } = services;
  const cache = new Map<string, { version: number; at: number; json: RawJson }>();

  function list(params: z.infer<typeof listParams>): RawJson {
    const now = clock.now();
    const version = sessions.version();
    const id = JSON.stringify(params);
    const known = cache.get(id);
    if (known && known.version === version && now - known.at < listFreshMs && now >= known.at)
      return known.json;
    const json = new RawJson(JSON.stringify(buildList(services, params, now)));
    if (cache.size >= maxCachedLists) cache.clear();
    cache.set(id, { version, at: now, json });
    return json;
  }

  return [
    method({ name: "sessions.list", authority: "read", params: listParams, handler: list }),
    method({
      name: "sessions.preview",
      authority: "read",
      params: () =>
        z.strictObject({
          keys: z.array(key).min(1),
          limit: z.int().min(1).max(200).optional(),
          maxChars: z.int().min(20).max(10_000).optional(),
        }),
      handler({ keys, limit = 12, maxChars = 240 }) {
        const previews = keys.slice(0, 64).map((asSent) => {
          try {
            const canonical = sessionKeyOf(services, asSent).canonical;
            if (!sessions.get(canonical)) return { key: asSent, status: "missing", items: [] };
            const items = sessions
              .tail(canonical, limit * 4)
              .filter((entry) => entry.role !== "tool")
              .map((entry) => ({ role: entry.role, text: previewOf(entry, maxChars) }))
              .filter((item) => item.text !== "")
              .slice(-limit);
            return { key: asSent, status: items.length > 0 ? "ok" : "empty", items };
          } catch (error) {
            services.logger.warn("a session preview failed", { key: asSent, error: String(error) });
            return { key: asSent, status: "error", items: [] };
          }
        });
        return { ts: clock.now(), previews };
      },
    }),
    method({
      name: "sessions.resolve",
      authority: "admin",
      hidden: true,
      params: () =>
        z.strictObject({
          key: optionalText,
          sessionId: optionalText,
          label: optionalText,
          agentId: optionalText,
          spawnedBy: optionalText,
          includeGlobal: z.boolean().optional(),
          includeUnknown: z.boolean().optional(),
        }),
      handler: (params) => ({ ok: true, key: resolveOne(services, params).key }),
    }),
  ];
}

function buildList(services: GatewayServices, params: z.infer<typeof listParams>, now: number) {
  const { sessions } = services;
  const { includeDerivedTitles, includeLastMessage, agentId, ...rest } = params;
  const query = Object.fromEntries(
    Object.entries({
      ...rest,
      agentId: agentId === undefined ? undefined : requireAgent(services, agentId),
    }).filter(([, value]) => value !== undefined),
  ) as SessionListQuery;
  const lookup = createModelLookup(services);
  const rows = sessions.list(query).map((record) => ({
    ...sessionRow(record, lookup, services.sandboxOf?.(record)),
    ...(includeDerivedTitles && record.firstText
      ? { derivedTitle: record.firstText.slice(0, 60).toWellFormed() }
      : {}),
    ...(includeLastMessage && record.lastPreview ? { lastMessagePreview: record.lastPreview } : {}),
  }));
  const agents = agentsOf(services);
  const only = query.agentId ?? (agents.length === 1 ? agents[0]?.id : undefined);
  return {
    ts: now,
    path: only === undefined ? "(multiple)" : sessionListPath(services, only),
    count: rows.length,
    // Only for who reads it in parts: clients of the existing system ask for all of it.
    ...(query.limit === undefined ? {} : { total: sessions.total(query) }),
    defaults: sessionDefaults(services),
    sessions: rows,
  };
}

function resolveOne(
  services: GatewayServices,
  wanted: { key?: string; sessionId?: string; label?: string; agentId?: string; spawnedBy?: string },
): SessionRecord {
  const { sessions } = services;
  const given = [wanted.key, wanted.sessionId, wanted.label].filter(Boolean);
  if (given.length !== 1) throw invalidRequest("give exactly one of key, sessionId, label");
  const found = wanted.key
    ? [sessions.get(sessionKeyOf(services, wanted.key).canonical)]
    : wanted.sessionId
      ? [sessions.findById(wanted.sessionId)]
      : sessions.findByLabel(wanted.label ?? "");
  const matching = found.filter(
    (record) =>
      record !== null &&
      (wanted.agentId === undefined || record.agentId === wanted.agentId) &&
      (wanted.spawnedBy === undefined || record.spawnedBy === wanted.spawnedBy),
  );
  const [only, second] = matching;
  if (!only)
    throw invalidRequest(`no session found: ${String(given[0]).slice(0, 120)}`, "openclaw sessions list");
  if (second) throw invalidRequest(`several sessions are labelled ${JSON.stringify(wanted.label)}`);
  return only;
}

const patchParams = z.strictObject({
  key,
  label: z.string().max(64).nullable().optional(),
  thinkingLevel: setting,
  verboseLevel: setting,
  reasoningLevel: setting,
  responseUsage: z.enum(["off", "tokens", "cost", "full", "on"]).nullable().optional(),
  elevatedLevel: setting,
  execHost: z.enum(["sandbox", "gateway", "node"]).nullable().optional(),
  execSecurity: z.enum(["deny", "allowlist", "full"]).nullable().optional(),
  execAsk: z.enum(["off", "on-miss", "always"]).nullable().optional(),
  execNode: setting,
  model: setting,
  spawnedBy: setting,
  sendPolicy: z.enum(["allow", "deny"]).nullable().optional(),
  groupActivation: z.enum(["mention", "always"]).nullable().optional(),
});

function changeMethods(services: GatewayServices): Method[] {
  const { sessions, runs } = services;

  const existing = (asSent: string): SessionRecord => {
    const record = sessions.get(sessionKeyOf(services, asSent).canonical);
    if (!record) throw invalidRequest(`session not found: ${asSent.slice(0, 120)}`, "openclaw sessions list");
    return record;
  };

  /** A run that is told to stop still writes its last lines: they belong to the conversation that ends here. */
  async function stopRuns(sessionKey: string, reason: string): Promise<void> {
    const stopped = await runs.abort({ sessionKey, reason });
    await Promise.all(stopped.map((runId) => runs.wait(runId, stopWaitMs)));
  }

  async function patch(params: z.infer<typeof patchParams>) {
    const parsed = sessionKeyOf(services, params.key);
    const { label, spawnedBy } = params;
    const settings: Record<string, unknown> = Object.fromEntries(
      Object.entries(params).filter(([name]) => !["key", "label", "spawnedBy"].includes(name)),
    );
    if (params.thinkingLevel) settings["thinkingLevel"] = thinkingOf(params.thinkingLevel).thinking;
    if (params.verboseLevel && !["off", "on", "full"].includes(params.verboseLevel)) {
      throw invalidRequest(
        `unknown verbose level ${JSON.stringify(params.verboseLevel.slice(0, 40))}: use off, on, full`,
      );
    }
    if (params.model) settings["model"] = services.models.resolve(parsed.agentId, params.model).ref;
    if (label && sessions.findByLabel(label).some((record) => record.key !== parsed.canonical)) {
      throw invalidRequest(`label ${JSON.stringify(label)} is already in use`);
    }
    const current = sessions.get(parsed.canonical);
    if (spawnedBy !== undefined && current?.spawnedBy && spawnedBy !== current.spawnedBy) {
      throw invalidRequest("spawnedBy cannot be changed");
    }
    await sessions.ensure(parsed.canonical, requireAgent(services, parsed.agentId));
    const record = await sessions.patch(parsed.canonical, {
      settings,
      ...(label === undefined ? {} : { label }),
      ...(spawnedBy === undefined ? {} : { spawnedBy }),
    });
    const model = createModelLookup(services)(record.agentId, record.settings.model);
    return {
      ok: true,
      path: sessionListPath(services, record.agentId),
      key: record.key,
      entry: sessionEntry(record),
      resolved: { modelProvider: model?.provider ?? null, model: model?.id ?? null },
    };
  }

  async function reset({ key: asSent }: { key: string }) {
    const parsed = sessionKeyOf(services, asSent);
    await stopRuns(parsed.canonical, "the session was reset");
    await sessions.ensure(parsed.canonical, requireAgent(services, parsed.agentId));
    const record = await sessions.reset(parsed.canonical);
    return { ok: true, key: record.key, entry: sessionEntry(record) };
  }

  /** Summarises through the same `/compact` a person would type, so lanes and journaling apply. */
  async function compact(asSent: string, context: CallContext) {
    const before = existing(asSent);
    const runId = uuid();
    await runs.submit({
      door: "sessions.compact",
      key: runId,
      sessionKey: before.key,
      principal: context.principal,
      text: "/compact",
      mode: "followup",
      connId: context.connection.id,
    });
    const outcome = await runs.wait(runId, compactWaitMs, context.signal);
    const after = sessions.get(before.key);
    const compacted = after !== null && after.compactions > before.compactions;
    if (compacted) return { ok: true, key: before.key, compacted, kept: sessions.context(before.key).length };
    const reason =
      outcome === null
        ? "still waiting for the session's turn"
        : outcome.status === "ok"
          ? outcome.payloads.map((payload) => payload.text).join(" ") || "nothing to compact"
          : failureText(outcome);
    return { ok: outcome?.status === "ok", key: before.key, compacted, reason };
  }

  const resetParams = z.strictObject({ key, reason: optionalText });
  return [
    method({ name: "sessions.patch", authority: "admin", params: patchParams, handler: patch }),
    method({ name: "sessions.reset", authority: "admin", params: resetParams, handler: reset }),
    // The documents' other name for it (RPC-026).
    method({ name: "sessions_reset", authority: "admin", hidden: true, params: resetParams, handler: reset }),
    method({
      name: "sessions.delete",
      authority: "admin",
      params: () => z.strictObject({ key, deleteTranscript: z.boolean().optional() }),
      async handler({ key: asSent, deleteTranscript = true }) {
        const parsed = sessionKeyOf(services, asSent);
        if (parsed.canonical === sessionKeyOf(services, `agent:${parsed.agentId}:main`).canonical) {
          throw invalidRequest(
            `the main session (${parsed.canonical}) cannot be deleted`,
            `openclaw sessions reset ${asSent}`,
          );
        }
        if (!sessions.get(parsed.canonical))
          return { ok: true, key: parsed.canonical, deleted: false, archived: [] };
        await stopRuns(parsed.canonical, "the session was deleted");
        const { deleted, archived } = await sessions.delete(parsed.canonical, { deleteTranscript });
        return { ok: true, key: parsed.canonical, deleted, archived };
      },
    }),
    method({
      name: "sessions.compact",
      authority: "admin",
      params: () => z.strictObject({ key, maxLines: z.int().min(1).optional() }),
      handler: ({ key: asSent }, context) => compact(asSent, context),
    }),
  ];
}
