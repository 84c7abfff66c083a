import type { SessionServices, ToolSession } from "../agent/tools/index.ts";
import { agentIds, type OpenClawConfig } from "../config/index.ts";
import { textOf } from "../core/conversation.ts";
import { parseSessionKey } from "../core/session-key.ts";
import type { RunService } from "../routing/index.ts";
import type { SessionRecord, SessionStore } from "../sessions/index.ts";

/** Conversations as the session tools of an agent use them. */
export function sessionServices(deps: {
  config: () => OpenClawConfig;
  sessions: SessionStore;
  runs: () => RunService;
}): SessionServices {
  const { config, sessions } = deps;
  const canonical = (key: string, agentId: string) =>
    parseSessionKey(key, { agentId, mainKey: config().session.mainKey }).canonical;
  const show = (record: SessionRecord): ToolSession => ({
    key: record.key,
    agentId: record.agentId,
    label: record.label,
    channel: record.channel,
    updatedAt: record.updatedAt,
    spawnedBy: record.spawnedBy,
  });
  return {
    canonical,
    mainKey: (agentId) => canonical("main", agentId),
    peers(agentId) {
      const { enabled, allow } = config().tools.agentToAgent;
      const may = (id: string) => allow.some((name) => name === "*" || name.trim().toLowerCase() === id);
      return enabled && may(agentId) ? agentIds(config()).filter(may) : [];
    },
    list: (query) => sessions.list(query).map(show),
    get(key) {
      const record = sessions.get(key);
      return record ? show(record) : null;
    },
    history: (key, limit) =>
      sessions
        .tail(key, limit)
        .filter((entry) => entry.role === "user" || entry.role === "assistant")
        .map((entry) => ({ role: entry.role, text: textOf(entry.content), at: entry.ts })),
    async send({ from, to, text, principal, waitMs, idempotencyKey, signal }) {
      const submitted = await deps.runs().submit({
        door: "sessions_send",
        key: idempotencyKey,
        sessionKey: to,
        principal,
        text,
        sender: from,
        mode: "followup",
      });
      const outcome = submitted.outcome ?? (await deps.runs().wait(submitted.runId, waitMs, signal));
      if (!outcome) return { runId: submitted.runId, status: "queued", reply: null };
      return {
        runId: submitted.runId,
        status: outcome.status === "ok" ? "ok" : "error",
        reply: outcome.payloads.map((payload) => payload.text).join("\n\n") || null,
      };
    },
    async reset(key) {
      const { sessionId } = await sessions.reset(key);
      return { sessionId };
    },
  };
}
