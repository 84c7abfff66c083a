import { sleep, type Clock } from "../../core/clock.ts";
import { noUsage, type Usage } from "../../core/conversation.ts";
import { messageOf, OpenClawError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { allModels } from "../catalog/catalog.ts";
import type { ModelEvent, ModelFailure, ModelProvider, ModelRouter, RoutedModelEvent } from "../contract.ts";
import type { CredentialSource } from "../credentials/contract.ts";
import type { LocalServers } from "../local-servers.ts";
import { createProjector } from "../projector.ts";
import type { ModelSettings } from "../settings.ts";
import { estimateTokens } from "../tokens.ts";
import { withCost } from "../usage.ts";
import type { Wire } from "../wire-rules.ts";
import { candidatesOf, modelOrder, usableModels, type Candidate, type Choice } from "./candidates.ts";
import { stepAfter } from "./failover.ts";
import { hasFailures, recordFailure, recordSuccess, unavailable, type HealthStore } from "./health.ts";
import { authStatus } from "./status.ts";

export interface RouterDeps {
  /** Settings as they are now. */
  settings: (agentId: string) => ModelSettings;
  credentials: CredentialSource;
  health: HealthStore;
  /** Loads the adapter of a wire format on first use. */
  provider: (wire: Wire) => Promise<ModelProvider>;
  local: LocalServers;
  clock: Clock;
  logger: Logger;
  fetch: typeof fetch;
  defaultAgentId?: string;
}

type StreamRequest = Parameters<ModelRouter["stream"]>[0];

/** Asks of one request at most, whatever the number of logins and models. */
const maxAttempts = 12;
/** How long a request waits in all for a pause to end when nothing else is left to try. */
const maxWaitMs = 20_000;
const retryBackoffMs = 500;

/** The one door to all models: choice, logins, failover and pauses are behind it. `stream` never throws. */
export function createModelRouter(deps: RouterDeps): ModelRouter {
  const { clock, logger } = deps;
  const mainAgent = deps.defaultAgentId ?? "main";
  const projectSession = createProjector();

  function choiceFor(agentId: string): Choice {
    const settings = deps.settings(agentId);
    return { agentId, settings, credentials: deps.credentials, local: deps.local.known() };
  }

  async function* stream(request: StreamRequest, signal: AbortSignal): AsyncIterable<RoutedModelEvent> {
    try {
      yield* route(request, signal);
    } catch (error) {
      yield { type: "error", error: asFailure(error, signal), usage: noUsage };
    }
  }

  async function* route(request: StreamRequest, signal: AbortSignal): AsyncIterable<RoutedModelEvent> {
    const choice = choiceFor(request.agentId);
    const nothingChosen = !request.model && !choice.settings.primary;
    if (nothingChosen && choice.settings.detectLocal) choice.local = await deps.local.look();
    const { candidates, unusable } = candidatesOf(modelOrder(choice, request.model), choice);
    for (const { ref, failure } of unusable)
      logger.warn("model cannot be used", { model: ref, reason: failure.message });

    const attempts = new Map<Candidate, number>();
    const passed = new Set<Candidate>();
    const failures: ModelFailure[] = unusable.map((entry) => entry.failure);
    let waitedMs = 0;
    let previous: { name: string; why: string } | null = null;

    for (let total = 0; total < maxAttempts && !signal.aborted;) {
      const health = deps.health.read(request.agentId);
      const blocked = (candidate: Candidate) =>
        unavailable(health[candidate.profile.id], {
          model: candidate.model.id,
          revision: candidate.profile.revision,
          now: clock.now(),
        });
      const candidate = candidates.find((one) => !passed.has(one) && !blocked(one));
      if (!candidate) {
        const wait = soonest(candidates, blocked, clock.now());
        if (!wait || waitedMs + wait.ms > maxWaitMs) {
          yield {
            type: "error",
            error: exhausted(failures, candidates, blocked, clock.now()),
            usage: noUsage,
          };
          return;
        }
        waitedMs += wait.ms;
        await sleep(clock, wait.ms, signal);
        passed.delete(wait.candidate);
        continue;
      }

      total++;
      const name = `${candidate.model.ref} (${candidate.profile.id})`;
      if (previous && previous.name !== name) request.onFailover?.(previous.name, name, previous.why);
      yield { type: "selected", provider: candidate.provider.id, model: candidate.model.id };
      const end = yield* attempt(candidate, request, signal);
      if (end === null) return;

      attempts.set(candidate, (attempts.get(candidate) ?? 0) + 1);
      failures.push(end.failure);
      const step = stepAfter(end.failure, {
        settings: choice.settings,
        health: health[candidate.profile.id],
        model: candidate.model.id,
        attempts: attempts.get(candidate) ?? 1,
      });
      logger.warn("model request failed", {
        model: candidate.model.ref,
        profile: candidate.profile.id,
        kind: end.failure.kind,
        status: end.failure.status,
        reason: end.failure.message,
        next: step.next,
      });
      const { pause } = step;
      if (pause) {
        remember(request.agentId, (all) =>
          recordFailure(all, {
            profileId: candidate.profile.id,
            model: candidate.model.id,
            revision: candidate.profile.revision,
            now: clock.now(),
            pause,
          }),
        );
      }
      if (step.next === "surface") {
        yield { type: "error", error: end.failure, usage: end.usage };
        return;
      }
      if (step.next === "retry") await sleep(clock, retryBackoffMs, signal);
      for (const one of candidates) {
        if (
          one === candidate ? step.next !== "retry" : step.next === "model" && one.model === candidate.model
        )
          passed.add(one);
      }
      previous = { name, why: end.failure.message };
    }
    const last = failures.at(-1) ?? { kind: "unknown" as const, message: "no model could be asked" };
    yield { type: "error", error: signal.aborted ? stopped : last, usage: noUsage };
  }

  /** Streams one answer; returns how it failed, or null when it ended well. */
  async function* attempt(
    candidate: Candidate,
    request: StreamRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent, { failure: ModelFailure; usage: Usage } | null> {
    const { model, provider, profile } = candidate;
    let events: AsyncIterable<ModelEvent>;
    try {
      const apiKey =
        profile.kind === "none" ? null : await deps.credentials.open(profile, request.agentId, signal);
      const adapter = await deps.provider(provider.wire);
      const target = {
        wire: provider.wire,
        provider: provider.id,
        model: model.id,
        images: model.input.includes("image"),
      };
      events = adapter.stream(
        {
          ref: { provider: provider.id, model: model.id },
          system: request.system,
          messages: projectSession(request.sessionId, target, request.entries, request.loadMedia),
          tools: request.tools,
          ...(request.toolChoice !== undefined && { toolChoice: request.toolChoice }),
          thinking: model.reasoning ? request.thinking : "off",
          maxOutputTokens: Math.min(request.maxOutputTokens ?? model.maxOutputTokens, model.maxOutputTokens),
          sessionId: request.sessionId,
        },
        {
          profileId: profile.id,
          apiKey,
          kind: profile.kind,
          baseUrl: provider.baseUrl,
          headers: provider.headers,
        },
        signal,
      );
    } catch (error) {
      return { failure: asFailure(error, signal), usage: noUsage };
    }
    for await (const event of events) {
      if (event.type === "error") return { failure: event.error, usage: withCost(event.usage, model) };
      if (event.type === "finish") {
        const now = clock.now();
        if (hasFailures(deps.health.read(request.agentId)[profile.id], model.id))
          remember(request.agentId, (all) =>
            recordSuccess(all, { profileId: profile.id, model: model.id, now }),
          );
        yield { ...event, usage: withCost(event.usage, model) };
        return null;
      }
      yield event;
    }
    return {
      failure: { kind: "network", message: `${model.ref}: the answer ended without saying so` },
      usage: noUsage,
    };
  }

  /** A full disk must not take the answer away: the pause is then known to nobody but the log. */
  function remember(agentId: string, change: Parameters<HealthStore["update"]>[1]): void {
    try {
      deps.health.update(agentId, change);
    } catch (error) {
      logger.error("state of logins could not be written", { agentId, reason: messageOf(error) });
    }
  }

  return {
    stream,
    resolve(agentId, override) {
      const choice = choiceFor(agentId);
      const [first] = modelOrder(choice, override);
      if (!first) throw new OpenClawError("MODEL_NONE", `agent "${agentId}" has no model`);
      return first;
    },
    list(options = {}) {
      const choice = choiceFor(mainAgent);
      return options.all
        ? allModels(
            choice.settings,
            choice.local.flatMap((server) => server.models),
          )
        : usableModels(choice);
    },
    async status(options) {
      const choice = choiceFor(options.agentId ?? mainAgent);
      if (choice.settings.detectLocal) choice.local = await deps.local.look();
      return authStatus({ choice, health: deps.health, clock, fetch: deps.fetch, ...options });
    },
    estimateTokens,
  };
}

const stopped: ModelFailure = { kind: "aborted", message: "the request was stopped" };

function asFailure(error: unknown, signal: AbortSignal): ModelFailure {
  if (signal.aborted) return stopped;
  if (error instanceof OpenClawError) {
    const kind = error.code === "MODEL_REF_INVALID" ? "invalid_request" : "auth";
    return { kind, message: error.message, ...(error.hint && { hint: error.hint }) };
  }
  return { kind: "unknown", message: `the model request failed: ${messageOf(error).slice(0, 300)}` };
}

type Blocked = (candidate: Candidate) => ReturnType<typeof unavailable>;

/** The pause that ends first, of logins that are paused rather than switched off. */
function soonest(candidates: Candidate[], blocked: Blocked, now: number) {
  let best: { candidate: Candidate; ms: number } | null = null;
  for (const candidate of candidates) {
    const pause = blocked(candidate);
    if (!pause || pause.disabled) continue;
    const ms = Math.max(0, pause.until - now);
    if (!best || ms < best.ms) best = { candidate, ms };
  }
  return best;
}

/** One failure that stands for all: the last one, and the pause that must end before the next try can work. */
function exhausted(
  failures: ModelFailure[],
  candidates: Candidate[],
  blocked: Blocked,
  now: number,
): ModelFailure {
  const wait = soonest(candidates, blocked, now);
  const said = [...new Set(failures.map((failure) => failure.message))];
  const last = failures.at(-1);
  if (last) {
    return {
      ...last,
      message: said.length > 1 ? said.slice(-4).join("; then ") : last.message,
      ...(wait && { retryAfterMs: wait.ms }),
    };
  }
  const first = candidates
    .map((candidate) => ({ candidate, pause: blocked(candidate) }))
    .find((one) => one.pause);
  const reason = first?.pause?.reason ?? "cooldown";
  const until = new Date(wait ? now + wait.ms : (first?.pause?.until ?? now)).toISOString();
  const who = first
    ? `profile "${first.candidate.profile.id}" for ${first.candidate.model.ref}`
    : "every login";
  return {
    kind: reason === "auth" ? "auth" : reason === "billing" ? "billing" : "rate_limit",
    message: first?.pause?.disabled
      ? `${who} was refused by the provider and is switched off`
      : `${who} pauses until ${until} (${reason})`,
    hint: "openclaw models status --probe",
    ...(wait && { retryAfterMs: wait.ms }),
  };
}
