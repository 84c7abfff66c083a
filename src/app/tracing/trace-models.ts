import type { Clock } from "../../core/clock.ts";
import { uuid } from "../../core/ids.ts";
import type { ModelRouter, RoutedModelEvent } from "../../models/contract.ts";
import type { MessageSpans } from "./message-spans.ts";
import type { TraceScopes } from "./scope.ts";

/** The same router, with a span for each model that was asked within a run; after a failover there is another one. */
export function traceModels(
  router: ModelRouter,
  deps: { spans: MessageSpans; scopes: TraceScopes; clock: Clock },
): ModelRouter {
  const { scopes } = deps;
  return {
    ...router,
    stream(request, signal) {
      const run = scopes.getStore()?.run;
      const events = router.stream(request, signal);
      return run === undefined ? events : watch(events, { ...deps, run });
    },
  };
}

async function* watch(
  events: AsyncIterable<RoutedModelEvent>,
  deps: { spans: MessageSpans; clock: Clock; run: { runId: string; ended: boolean } },
): AsyncGenerator<RoutedModelEvent> {
  const { spans, clock, run } = deps;
  const call = { startMs: clock.now(), provider: "", model: "", firstMs: 0 };
  /** A call that ended beside its run (a compaction in the background) has a trace of its own, linked to the run. */
  const end = (error: string | null, more: Record<string, string | number> = {}) =>
    spans.emit({
      ...(run.ended
        ? { runId: uuid(), what: [], links: [spans.linkTo(run.runId)] }
        : { runId: run.runId, what: ["model", uuid()], within: ["run"] }),
      name: "model call",
      kind: "client",
      startMs: call.startMs,
      endMs: clock.now(),
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.model,
        ...(call.firstMs > 0 ? { "openclaw.model.first_token_ms": call.firstMs - call.startMs } : {}),
        ...more,
      },
      error,
    });
  let open = true;
  try {
    for await (const event of events) {
      if (event.type === "selected") {
        if (call.provider !== "") end("failover");
        Object.assign(call, {
          ...event,
          startMs: call.provider === "" ? call.startMs : clock.now(),
          firstMs: 0,
        });
      } else if (call.firstMs === 0) call.firstMs = clock.now();
      if (event.type === "finish" || event.type === "error") {
        open = false;
        end(event.type === "error" ? event.error.kind : null, {
          "gen_ai.usage.input_tokens": event.usage.input,
          "gen_ai.usage.output_tokens": event.usage.output,
          ...(event.type === "finish" ? { "openclaw.model.stop_reason": event.stopReason } : {}),
        });
      }
      yield event;
    }
  } finally {
    // The reader went away: the run was stopped.
    if (open) end("aborted");
  }
}
