import type { ClientEvent, GatewayClient } from "../../../client/contract.ts";
import { OpenClawError, messageOf } from "../../../core/errors.ts";
import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import type { TurnRequest } from "./agent.ts";
import { approvalText, askApproval, canAsk, type AskedApproval } from "./ask-approval.ts";
import { createDisplay, type TurnDisplay } from "./display.ts";
import { show } from "../../format.ts";

/** The run's own deadline is the gateway's; the wait for its answer outlives it a little (HID-035). */
const waitBeyondMs = 30_000;

/** One turn through the gateway: `agent` with its two answers, events for display, `chat.abort` on Ctrl-C. */
export async function runThroughGateway(context: CommandContext, request: TurnRequest): Promise<number> {
  const client = await context.connect({
    caps: ["tool-events"],
    ...(request.url === undefined ? {} : { url: request.url }),
    ...(request.token === undefined ? {} : { token: request.token }),
  });
  const runId = uuid();
  const sessionKey = request.sessionKey ?? (request.agentId ? `agent:${request.agentId}:main` : "main");
  const display = createDisplay(context, request);
  const ended = new AbortController();
  const stopListening = client.onEvent((event) => {
    onAgentEvent(event, { runId, display });
    onApprovalEvent(event, { context, client, display, runId, sessionKey, request, until: ended.signal });
  });
  const abort = () => {
    display.say("Stopping the run …");
    client
      .call("chat.abort", { sessionKey, runId }, { timeoutMs: 2500 })
      .then(
        () => display.say("The run was stopped."),
        (error: unknown) => display.say(`The run could not be stopped: ${messageOf(error)}`),
      )
      .finally(() => ended.abort());
  };
  context.signal.addEventListener("abort", abort, { once: true });
  try {
    display.started();
    const answer = await client.callTwice("agent", agentParams(request, { runId, sessionKey }), {
      timeoutMs: request.timeoutMs + waitBeyondMs,
      signal: ended.signal,
    });
    return finish(context, { answer, display, request });
  } catch (error) {
    // The answer to a stopped run is an error; who pressed Ctrl-C knows why.
    if (context.signal.aborted) {
      await settled(ended.signal);
      return 130;
    }
    throw explain(error);
  } finally {
    ended.abort();
    context.signal.removeEventListener("abort", abort);
    stopListening();
    display.stop();
    client.close();
  }
}

function agentParams(
  request: TurnRequest,
  ids: { runId: string; sessionKey: string },
): Record<string, unknown> {
  // --to and --session-id name the conversation themselves.
  const named = request.to !== undefined || request.sessionId !== undefined;
  return {
    message: request.message,
    idempotencyKey: ids.runId,
    deliver: request.deliver,
    timeout: request.timeoutMs / 1000,
    ...(request.agentId === undefined ? {} : { agentId: request.agentId }),
    ...(named && request.sessionKey === undefined ? {} : { sessionKey: ids.sessionKey }),
    ...(request.sessionId === undefined ? {} : { sessionId: request.sessionId }),
    ...(request.to === undefined ? {} : { to: request.to }),
    ...(request.channel === undefined ? {} : { channel: request.channel }),
    ...(request.thinking === undefined ? {} : { thinking: request.thinking }),
  };
}

function onAgentEvent({ event, payload }: ClientEvent, to: { runId: string; display: TurnDisplay }): void {
  if (event !== "agent" || !isObject(payload) || payload.runId !== to.runId || !isObject(payload.data))
    return;
  const { data } = payload;
  if (payload.stream === "assistant" && typeof data.text === "string") to.display.text(data.text);
  if (payload.stream === "compaction" && data.phase === "start")
    to.display.say("(compacting the conversation)");
  if (payload.stream !== "tool") return;
  const callId = String(data.toolCallId);
  const name = String(data.name);
  if (data.phase === "start") to.display.toolStarted(callId, name);
  if (data.phase === "result") to.display.toolFinished(callId, name, data.isError === true);
}

interface ApprovalScene {
  context: CommandContext;
  client: GatewayClient;
  display: TurnDisplay;
  runId: string;
  sessionKey: string;
  request: TurnRequest;
  until: AbortSignal;
}

/** Asks on a terminal; elsewhere says which command to run. Approvals of other runs are none of our business. */
function onApprovalEvent({ event, payload }: ClientEvent, scene: ApprovalScene): void {
  if (event !== "exec.approval.requested" || !isObject(payload) || !isObject(payload.request)) return;
  const { request } = payload;
  const id = String(payload.id);
  const ours =
    typeof request.runId === "string"
      ? request.runId === scene.runId
      : sameSession(String(request.sessionKey), scene.sessionKey);
  if (!ours) return;
  const asked: AskedApproval = {
    id,
    command: String(request.command),
    cwd: textOrNull(request.cwd),
    host: textOrNull(request.host),
    resolvedPath: textOrNull(request.resolvedPath),
  };
  const { context, client, display } = scene;
  if (scene.request.json || !canAsk(context)) {
    const how = `  answer with \`openclaw approvals approve ${id}\` or \`openclaw approvals deny ${id}\``;
    context.out.note(`${approvalText(asked, "The agent waits for permission:")}\n${how}`);
    return;
  }
  display.say("");
  askApproval(context, asked, scene.until)
    .then((decision) => client.call("exec.approval.resolve", { id, decision }, { timeoutMs: 10_000 }))
    .catch((error: unknown) => {
      if (!scene.until.aborted) display.say(`approval ${id}: ${messageOf(error)}`);
    });
}

function finish(
  context: CommandContext,
  end: { answer: unknown; display: TurnDisplay; request: TurnRequest },
): number {
  const { answer, display, request } = end;
  const payload = isObject(answer) ? answer : {};
  const result = isObject(payload.result) ? payload.result : {};
  const payloads = Array.isArray(result.payloads) ? result.payloads.filter(isObject) : [];
  const texts = payloads.flatMap((part) => (typeof part.text === "string" ? [part.text] : []));
  const media = payloads.flatMap((part) => mediaOf(part));
  const answered = texts.some((text) => text.trim() !== "") || media.length > 0;
  const ok = (payload.status ?? "ok") === "ok" && answered;
  if (request.json) {
    context.out.json(withStats(payload, result));
    return ok ? 0 : 1;
  }
  display.answer([...texts, ...media.map((url) => `media: ${url}`)]);
  if (!answered)
    context.out.note(`The agent gave no answer (${show(payload.summary, payload.status, "no text")}).`);
  return ok ? 0 : 1;
}

/** OUT-015: `stats` beside the payloads; made from `meta` when the gateway did not send it. */
function withStats(
  payload: Record<string, unknown>,
  result: Record<string, unknown>,
): Record<string, unknown> {
  if (isObject(result.stats)) return payload;
  const meta = isObject(result.meta) ? result.meta : {};
  const agentMeta = isObject(meta.agentMeta) ? meta.agentMeta : {};
  const usage = isObject(agentMeta.usage) ? agentMeta.usage : {};
  const stats = {
    durationMs: meta.durationMs ?? null,
    tokensIn: usage.input ?? 0,
    tokensOut: usage.output ?? 0,
  };
  return { ...payload, result: { ...result, stats } };
}

function mediaOf(part: Record<string, unknown>): string[] {
  const many = Array.isArray(part.mediaUrls) ? part.mediaUrls : [part.mediaUrl];
  return many.filter((url): url is string => typeof url === "string");
}

/** Failures of the run carry its remedy; a lost connection says that the run goes on without us. */
function explain(error: unknown): unknown {
  if (!(error instanceof OpenClawError) || error.hint) return error;
  if (error.code === "CONNECTION_CLOSED" || error.code === "TIMEOUT") {
    return new OpenClawError(error.code, error.message, {
      hint: "the message was accepted and the run goes on: see `openclaw sessions show main`",
      cause: error,
    });
  }
  return error;
}

/** `main` and `agent:main:main` name the same conversation. */
function sameSession(canonical: string, asSent: string): boolean {
  return canonical === asSent || canonical.endsWith(`:${asSent}`);
}

function settled(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
