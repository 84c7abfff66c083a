import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Principal } from "../../core/authority.ts";
import { OpenClawError, UserError, messageOf } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { constantTimeEqual, createLimiter, parseJson, type Limiter } from "../../guard/index.ts";
import type { DeliveryTarget } from "../../ledger/contract.ts";
import type { GatewayServices } from "../contract.ts";
import { sendText } from "../http/respond.ts";
import type { RequestHead, Route, RouteRequest } from "../http/route.ts";
import { deliveryTarget, thinkingOf, throwIfRefused, timeoutOf } from "../methods/run-requests.ts";
import {
  defaultAgentOf,
  invalidRequest,
  requireAgent,
  sessionKeyOf,
  settingsOf,
} from "../methods/settings.ts";
import { answerText } from "./turn.ts";
import { eventIdentity, readHookCall, type HookCall } from "./hook-call.ts";
import { sendJson } from "./reply.ts";

type AgentCall = Extract<HookCall, { kind: "agent" }>;

const everyMethod = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const longestWaitMs = 25 * 60 * 60 * 1000;
const summaryChars = 600;
/** Part of a session key a caller may choose. */
const labelPattern = /^[\w.@:=+-]{1,160}$/;

/**
 * Inbound hooks (HTTP-005, protocol.md 5): `POST <hooks.path>/wake`, `/agent` and the names of `hooks.mappings`. The
 * caller proves itself with `hooks.token` in a header before anything is read; what it sends is data of a stranger
 * (threats.md 4.5, 4.19): it decides content, never the session, the agent beyond `hooks.allowedAgentIds`, or trust.
 * Mounted at the path of the configuration the gateway started with; answers 404 while hooks are off or have no token.
 */
export function createHookRoutes(services: GatewayServices): Route[] {
  const hooks = () => settingsOf(services).hooks;
  const { rateLimit } = settingsOf(services).gateway.auth;
  const limiter = createLimiter({
    clock: services.clock,
    maxCharges: rateLimit.maxAttempts,
    windowMs: rateLimit.windowMs,
    lockMs: rateLimit.lockoutMs,
    maxKeys: 10_000,
  });
  const path = hooks().path.replace(/\/+$/, "");
  if (path === "") return [];
  const common = {
    methods: everyMethod,
    auth: "own",
    enabled: () => usableToken(services) !== null,
    admit: (head: RequestHead, response: ServerResponse) => admitHook(services, limiter, head, response),
  } as const;
  return [
    {
      ...common,
      path,
      maxBodyBytes: 0,
      handle: ({ method }, response) =>
        method === "POST" ? sendText(response, 404, "Not Found") : wrongMethod(response),
    },
    {
      ...common,
      path: `${path}/*`,
      maxBodyBytes: hooks().maxBodyBytes,
      handle: (request, response) => answerHook(services, request, response),
    },
  ];
}

/** The token in force; null when hooks are off, have none, or share one with the gateway. */
function usableToken(services: GatewayServices): string | null {
  const { gateway, hooks } = settingsOf(services);
  const { token } = hooks;
  if (!hooks.enabled || !token?.trim()) return null;
  return token === gateway.auth.token || token === gateway.auth.password ? null : token;
}

function admitHook(
  services: GatewayServices,
  limiter: Limiter,
  { headers, query, address, path }: RequestHead,
  response: ServerResponse,
): Principal | null {
  if (query.has("token")) {
    sendText(
      response,
      400,
      "A token in the address ends up in logs and is not accepted: send it as Authorization: Bearer <hooks.token> or x-openclaw-token",
    );
    return null;
  }
  const own = headers["x-openclaw-token"];
  const given =
    /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ??
    (typeof own === "string" ? own.trim() : "");
  const expected = usableToken(services);
  if (given === "" || expected === null) {
    // Nothing presented is no guess: it is refused without a charge.
    sendText(response, 401, "Unauthorized");
    return null;
  }
  const charge = limiter.charge(`hook|${address.limitKey}`);
  if (!charge.allowed) {
    response.setHeader("Retry-After", Math.ceil(charge.retryAfterMs / 1000));
    sendText(response, 429, "Too many failed attempts");
    return null;
  }
  if (!constantTimeEqual(given, expected)) {
    sendText(response, 401, "Unauthorized");
    return null;
  }
  charge.refund();
  return Object.freeze({
    kind: "hook",
    id: `hook:${path}`,
    role: "operator",
    scopes: new Set<never>(),
    owner: false,
  });
}

function wrongMethod(response: ServerResponse): void {
  response.setHeader("Allow", "POST");
  sendText(response, 405, "Method Not Allowed");
}

async function answerHook(
  services: GatewayServices,
  request: RouteRequest,
  response: ServerResponse,
): Promise<void> {
  const { principal } = request;
  if (principal === null) return sendText(response, 401, "Unauthorized");
  if (request.method !== "POST") return wrongMethod(response);
  const name = request.params["*"] ?? "";
  try {
    const payload: unknown =
      request.body.length === 0 ? {} : parseJson(Buffer.from(request.body).toString("utf8"));
    const { headers, query } = request;
    const event = { path: name, payload, headers, query, now: services.clock.now() };
    const reading = readHookCall(name, event, settingsOf(services).hooks);
    if (!reading.ok) {
      if (reading.status === 404) return sendText(response, 404, "Not Found");
      return sendJson(response, reading.status, { ok: false, error: reading.error });
    }
    const identity = eventIdentity(headers, payload, request.body);
    const key = `hook-${identity === null ? uuid() : digest(`${name}\n${identity}`)}`;
    const { call } = reading;
    if (call.kind === "wake") {
      await wakeMain(services, { call, key, name, principal });
      return sendJson(response, 200, { ok: true, mode: call.mode });
    }
    await startRun(services, { call, key, name, principal });
    sendJson(response, 202, { ok: true, runId: key });
  } catch (error) {
    const status = error instanceof OpenClawError ? statusFor(error) : null;
    // A bug goes to the router: its text is for the log only.
    if (status === null || !(error instanceof OpenClawError)) throw error;
    sendJson(response, status, {
      ok: false,
      error: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
    });
  }
}

function statusFor(error: OpenClawError): 400 | 503 {
  const mistake =
    error instanceof UserError || error.code === "INVALID_REQUEST" || error.code === "AGENT_UNKNOWN";
  return mistake && !error.retryable ? 400 : 503;
}

interface Work<C> {
  call: C;
  key: string;
  name: string;
  principal: Principal;
}

async function wakeMain(
  services: GatewayServices,
  { call, key, name, principal }: Work<Extract<HookCall, { kind: "wake" }>>,
): Promise<void> {
  if (call.mode === "next-heartbeat") {
    await services.systemEvents.push({ text: call.text, source: `hook ${name}`, key });
    return;
  }
  const submitted = await services.runs.submit({
    door: "hook",
    key,
    sessionKey: "main",
    principal,
    text: call.text,
    sender: `hook ${name}`,
    mode: "followup",
    deliverTo: services.heartbeat.target(defaultAgentOf(services)),
  });
  throwIfRefused(submitted);
}

async function startRun(
  services: GatewayServices,
  { call, key, name, principal }: Work<AgentCall>,
): Promise<void> {
  const agentId = agentOf(services, call);
  const submitted = await services.runs.submit({
    door: "hook",
    key,
    sessionKey: `agent:${agentId}:hook:${labelOf(call.label) ?? key.slice("hook-".length)}`,
    principal,
    text: call.message,
    sender: call.name,
    mode: "followup",
    deliverTo: call.deliver ? targetOf(services, call) : null,
    options: {
      ...thinkingOf(call.thinking),
      ...(call.model?.trim() ? { model: call.model.trim() } : {}),
      ...timeoutOf(call.timeoutSeconds === undefined ? undefined : call.timeoutSeconds * 1000),
    },
  });
  throwIfRefused(submitted);
  if (submitted.status !== "started") return;
  reportToMain(services, { runId: key, title: call.name }).catch((error: unknown) =>
    services.logger.warn("the result of a hook could not be noted for the main session", {
      hook: name,
      runId: key,
      error: messageOf(error),
    }),
  );
}

/** @throws INVALID_REQUEST when the agent does not exist or hooks may not reach it. */
function agentOf(services: GatewayServices, { agentId, agentAsked }: AgentCall): string {
  const fallback = defaultAgentOf(services);
  const id = agentId?.trim() ? requireAgent(services, agentId) : fallback;
  const allowed = settingsOf(services).hooks.allowedAgentIds?.map((each) => each.trim().toLowerCase());
  // Without a list the configuration may name any agent, and a caller only the one that answers anyway.
  const admitted = allowed ? allowed.includes("*") || allowed.includes(id) : !agentAsked || id === fallback;
  if (admitted) return id;
  throw invalidRequest(
    `hooks may not reach agent ${JSON.stringify(id)}`,
    `name it in hooks.allowedAgentIds: openclaw config set hooks.allowedAgentIds '["${id}"]'`,
  );
}

/** The caller's word for a conversation, kept below the prefix that is ours. @throws INVALID_REQUEST */
function labelOf(asked: string | undefined): string | undefined {
  const label = asked?.trim().replace(/^hook:/, "");
  if (!label) return undefined;
  if (labelPattern.test(label)) return label;
  throw invalidRequest(
    `sessionKey ${JSON.stringify(label.slice(0, 80))} is not a name: use letters, digits and . _ - : @ = +, at most 160`,
  );
}

/** Where the reply goes: what is named, else where the main session last heard from, else nowhere. */
function targetOf(services: GatewayServices, { channel, to }: AgentCall): DeliveryTarget | null {
  const named = channel?.trim() && channel.trim() !== "last" ? channel.trim() : undefined;
  const route = services.sessions.get(sessionKeyOf(services, "main").canonical)?.route ?? null;
  const heardFrom = route?.["channel"];
  const known = typeof heardFrom === "string" && services.channels.ids().includes(heardFrom);
  if (named === undefined && !to?.trim() && !known) return null;
  return deliveryTarget(
    services.channels,
    { ...(named === undefined ? {} : { channel: named }), ...(to?.trim() ? { to: to.trim() } : {}) },
    route,
  );
}

/** One line for the main session's next run, as data: what came of the event. */
async function reportToMain(services: GatewayServices, run: { runId: string; title: string }): Promise<void> {
  const outcome = await services.runs.wait(run.runId, longestWaitMs);
  if (outcome === null) return;
  const said = outcome.status === "ok" ? answerText(outcome) : (outcome.error?.message ?? outcome.status);
  if (said.trim() === "") return;
  const short = said.length > summaryChars ? `${said.slice(0, summaryChars - 1).toWellFormed()}…` : said;
  await services.systemEvents.push({ text: `Hook ${run.title}: ${short}`, source: `hook ${run.title}` });
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
