import { z } from "zod";
import { uuid } from "../../core/ids.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { FailedResult } from "../results.ts";
import { attachmentsSchema, storeAttachments } from "./attachments.ts";
import { deliveryTarget, failureText, thinkingOf, throwIfRefused, timeoutOf } from "./run-requests.ts";
import {
  agentsOf,
  defaultAgentOf,
  invalidRequest,
  requireAgent,
  sessionKeyOf,
  settingsOf,
} from "./settings.ts";

const text = z.string();
const named = z.string().min(1);
/** `agent` waits for its run as long as it takes: every run has a deadline of its own. */
const longestWaitMs = 25 * 60 * 60 * 1000;

const agentParams = z.strictObject({
  message: named,
  idempotencyKey: named,
  agentId: named.optional(),
  to: text.optional(),
  replyTo: text.optional(),
  sessionId: text.optional(),
  sessionKey: text.optional(),
  thinking: text.optional(),
  model: text.optional(),
  deliver: z.boolean().optional(),
  attachments: attachmentsSchema.optional(),
  channel: text.optional(),
  replyChannel: text.optional(),
  accountId: text.optional(),
  replyAccountId: text.optional(),
  threadId: text.optional(),
  groupId: text.optional(),
  groupChannel: text.optional(),
  groupSpace: text.optional(),
  /** Seconds. */
  timeout: z.int().min(0).optional(),
  lane: text.optional(),
  extraSystemPrompt: text.optional(),
  label: text.optional(),
  spawnedBy: text.optional(),
});

/** `agent` (two responses), `wake`, `agent.wait`, `agent.identity.get` (protocol.md 3.5). */
export function createAgentMethods(services: GatewayServices): Method[] {
  const { runs, sessions } = services;

  /** The session an `agent` call speaks in: key, else id, else the agent's main session. */
  function sessionOf(params: z.infer<typeof agentParams>): string {
    const agentId = params.agentId === undefined ? undefined : requireAgent(services, params.agentId);
    if (params.sessionKey) {
      const key = sessionKeyOf(services, params.sessionKey);
      if (agentId !== undefined && key.canonical.startsWith("agent:") && key.agentId !== agentId) {
        // A bare key belongs to the agent that is named beside it.
        if (!params.sessionKey.startsWith("agent:")) return `agent:${agentId}:${key.rest}`;
        throw invalidRequest(
          `session key ${JSON.stringify(params.sessionKey.slice(0, 120))} belongs to agent "${key.agentId}", not "${agentId}"`,
        );
      }
      return params.sessionKey;
    }
    if (params.sessionId) {
      const record = sessions.findById(params.sessionId);
      if (!record || (agentId !== undefined && record.agentId !== agentId)) {
        throw invalidRequest(
          `no session has id ${JSON.stringify(params.sessionId.slice(0, 80))}`,
          "openclaw sessions list",
        );
      }
      return record.key;
    }
    return agentId === undefined ? "main" : `agent:${agentId}:main`;
  }

  return [
    method({
      name: "agent",
      authority: "write",
      params: agentParams,
      async handler(params, context) {
        const sessionKey = sessionOf(params);
        const route = sessions.get(sessionKeyOf(services, sessionKey).canonical)?.route ?? null;
        const media = await storeAttachments(sessions, params.attachments);
        const submitted = await runs.submit({
          door: "agent",
          key: params.idempotencyKey,
          sessionKey,
          principal: context.principal,
          text: params.message,
          media,
          deliverTo: params.deliver ? deliveryTarget(services.channels, deliveryWish(params), route) : null,
          options: {
            ...thinkingOf(params.thinking),
            ...(params.model ? { model: params.model } : {}),
            ...timeoutOf(params.timeout === undefined ? undefined : params.timeout * 1000),
            ...(params.extraSystemPrompt ? { extraSystemPrompt: params.extraSystemPrompt } : {}),
          },
          connId: context.connection.id,
        });
        throwIfRefused(submitted);
        const accepted = {
          runId: params.idempotencyKey,
          status: "accepted",
          acceptedAt: submitted.acceptedAt,
        };
        // A repeat gets one response: the last state there is.
        if (submitted.status === "in_flight") return accepted;
        if (submitted.status === "done" && submitted.outcome)
          return finalAnswer(params.idempotencyKey, submitted.outcome);
        context.respondEarly(accepted);
        const outcome = await runs.wait(params.idempotencyKey, longestWaitMs, context.signal);
        if (outcome === null) {
          const summary = "the connection closed before the run ended; the run goes on";
          return new FailedResult(
            { runId: params.idempotencyKey, status: "error", summary },
            { code: "UNAVAILABLE", message: summary },
          );
        }
        return finalAnswer(params.idempotencyKey, outcome);
      },
    }),
    method({
      name: "wake",
      authority: "write",
      params: () => z.strictObject({ mode: z.enum(["now", "next-heartbeat"]), text: named.max(20_000) }),
      async handler({ mode, text: what }, context) {
        if (what.trim() === "") throw invalidRequest("invalid wake params: at /text: must not be empty");
        if (mode === "next-heartbeat") {
          const { owner } = context.principal;
          await services.systemEvents.push({ text: what, source: "wake", owner });
          return { ok: true };
        }
        const submitted = await runs.submit({
          door: "wake",
          key: uuid(),
          sessionKey: "main",
          principal: context.principal,
          text: what,
          deliverTo: services.heartbeat.target(defaultAgentOf(services)),
        });
        throwIfRefused(submitted);
        return { ok: true };
      },
    }),
    method({
      name: "agent.wait",
      authority: "write",
      params: () => z.strictObject({ runId: named, timeoutMs: z.int().min(0).optional() }),
      async handler({ runId, timeoutMs = 30_000 }, context) {
        const outcome = await runs.wait(runId, timeoutMs, context.signal);
        if (outcome === null) return { runId, status: "timeout" };
        return {
          runId,
          status: outcome.status === "ok" ? "ok" : "error",
          startedAt: outcome.startedAt,
          endedAt: outcome.endedAt,
          ...(outcome.status === "ok" ? {} : { error: failureText(outcome) }),
        };
      },
    }),
    method({
      name: "agent.identity.get",
      authority: "read",
      params: () => z.strictObject({ agentId: text.optional(), sessionKey: text.optional() }),
      handler(params) {
        const agentId = params.agentId
          ? requireAgent(services, params.agentId)
          : params.sessionKey
            ? sessionKeyOf(services, params.sessionKey).agentId
            : defaultAgentOf(services);
        const agent = agentsOf(services).find((each) => each.id === agentId);
        const assistant = settingsOf(services).ui?.assistant;
        const emoji = agent?.identity?.emoji;
        return {
          agentId,
          name: assistant?.name ?? agent?.identity?.name ?? agent?.name ?? "Assistant",
          avatar: assistant?.avatar ?? agent?.identity?.avatar ?? emoji ?? "A",
          ...(emoji === undefined ? {} : { emoji }),
        };
      },
    }),
  ];
}

function deliveryWish(params: z.infer<typeof agentParams>) {
  const channel = params.replyChannel || params.channel;
  const to = params.replyTo || params.to;
  const account = params.replyAccountId || params.accountId;
  return {
    ...(channel ? { channel } : {}),
    ...(to ? { to } : {}),
    ...(account ? { account } : {}),
    ...(params.threadId ? { threadId: params.threadId } : {}),
  };
}

/** The last response of `agent`. */
function finalAnswer(runId: string, outcome: RunOutcome): Record<string, unknown> | FailedResult {
  const result = resultOf(outcome);
  if (outcome.status === "error" || outcome.status === "timeout") {
    const summary = failureText(outcome);
    return new FailedResult(
      { runId, status: "error", summary, result },
      {
        code: "UNAVAILABLE",
        message: summary,
        details: {
          ...(outcome.error ? { code: outcome.error.code } : {}),
          ...(outcome.error?.hint === undefined ? {} : { hint: outcome.error.hint }),
        },
      },
    );
  }
  return {
    runId,
    status: "ok",
    summary: outcome.status === "aborted" ? "aborted" : "completed",
    result,
  };
}

function resultOf(outcome: RunOutcome): Record<string, unknown> {
  const { usage } = outcome;
  const durationMs = Math.max(0, outcome.endedAt - outcome.startedAt);
  return {
    payloads: outcome.payloads,
    meta: {
      durationMs,
      agentMeta: {
        sessionId: outcome.sessionId,
        ...(outcome.provider === undefined ? {} : { provider: outcome.provider }),
        ...(outcome.model === undefined ? {} : { model: outcome.model }),
        usage: {
          input: usage.input,
          output: usage.output,
          cacheRead: usage.cacheRead,
          cacheWrite: usage.cacheWrite,
          total: usage.total,
        },
      },
      aborted: outcome.status === "aborted" || outcome.status === "timeout",
      ...(outcome.stopReason === undefined ? {} : { stopReason: outcome.stopReason }),
      ...(outcome.pendingToolCalls === undefined ? {} : { pendingToolCalls: outcome.pendingToolCalls }),
    },
    stats: {
      durationMs,
      tokensIn: usage.input + usage.cacheRead + usage.cacheWrite,
      tokensOut: usage.output,
    },
  };
}
