import type { RunEvent } from "../../../core/run-events.ts";
import { UserError, codeOf, messageOf } from "../../../core/errors.ts";
import type { RunOutcome } from "../../../core/outcome.ts";
import type { CommandContext } from "../../contract.ts";
import type { TurnRequest } from "./agent.ts";
import { askApproval, canAsk } from "./ask-approval.ts";
import { createDisplay, type TurnDisplay } from "./display.ts";

/** One turn in this process, without a gateway (`--local`). */
export async function runLocal(context: CommandContext, request: TurnRequest): Promise<number> {
  const { paths, env, signal } = context;
  const { runLocalTurn } = await context.app();
  const display = createDisplay(context, request);
  try {
    display.started();
    const outcome = await runLocalTurn({
      paths,
      env,
      message: request.message,
      timeoutMs: request.timeoutMs,
      signal,
      onEvent: (event) => show(event, display),
      ...(request.sessionKey === undefined ? {} : { sessionKey: request.sessionKey }),
      ...(request.agentId === undefined ? {} : { agentId: request.agentId }),
      ...(request.thinking === undefined ? {} : { thinking: request.thinking }),
      ...(request.model === undefined ? {} : { model: request.model }),
      ...(canAsk(context) && !request.json
        ? { approve: (asked) => askApproval(context, asked, signal) }
        : {}),
    });
    return finish(context, { outcome, display, request });
  } catch (error) {
    if (codeOf(error) !== "GATEWAY_RUNNING") throw error;
    // Two processes must not write one state: the running gateway can do it.
    throw new UserError("GATEWAY_RUNNING", messageOf(error), {
      hint: "leave out --local: the running gateway answers then",
      cause: error,
    });
  } finally {
    display.stop();
  }
}

function show(event: RunEvent, display: TurnDisplay): void {
  if (event.type === "text") display.text(event.text);
  if (event.type === "tool_started") display.toolStarted(event.callId, event.name);
  if (event.type === "tool_finished") display.toolFinished(event.callId, event.name, event.isError);
  if (event.type === "model_failover")
    display.say(`(${event.from} failed: ${event.why}; trying ${event.to})`);
}

function finish(
  context: CommandContext,
  end: { outcome: RunOutcome; display: TurnDisplay; request: TurnRequest },
): number {
  const { outcome, display, request } = end;
  const answered = outcome.payloads.some((part) => part.text.trim() !== "" || part.mediaUrl);
  const ok = outcome.status === "ok" && answered;
  if (request.json) {
    context.out.json(outcomeJson(outcome));
    return ok ? 0 : 1;
  }
  display.answer(outcome.payloads.map((part) => part.text));
  if (outcome.status === "aborted") {
    display.say("The run was stopped.");
    return 130;
  }
  if (outcome.error) {
    const { code, message, hint } = outcome.error;
    throw new UserError(code, message, hint === undefined ? {} : { hint });
  }
  if (!answered) context.out.note(`The agent gave no answer (${outcome.reason}).`);
  return ok ? 0 : 1;
}

/** The same shape as the gateway's answer (OUT-015, protocol.md 3.5). */
function outcomeJson(outcome: RunOutcome): Record<string, unknown> {
  const durationMs = outcome.endedAt - outcome.startedAt;
  const { usage } = outcome;
  return {
    runId: outcome.runId,
    status: outcome.status === "ok" ? "ok" : "error",
    summary: outcome.status === "ok" ? "completed" : (outcome.error?.message ?? outcome.reason),
    result: {
      payloads: outcome.payloads.map((part) => ({ ...part, channelSendMetrics: null })),
      meta: {
        durationMs,
        agentMeta: {
          sessionId: outcome.sessionId,
          provider: outcome.provider ?? null,
          model: outcome.model ?? null,
          usage,
        },
        aborted: outcome.status === "aborted",
      },
      stats: { durationMs, tokensIn: usage.input, tokensOut: usage.output },
    },
    ...(outcome.error ? { error: outcome.error } : {}),
  };
}
