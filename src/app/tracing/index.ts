import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { AgentRunner } from "../../agent/contract.ts";
import type { OpenClawConfig } from "../../config/index.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import type { Ledger } from "../../ledger/contract.ts";
import type { ModelRouter } from "../../models/contract.ts";
import { createSpanExporter, type SpanExporter } from "../../observability/index.ts";
import type { RunService } from "../../routing/contract.ts";
import { postTraces, tracesUrl } from "./collector.ts";
import { createMessageSpans } from "./message-spans.ts";
import { createTraceScopes } from "./scope.ts";
import { traceLedger } from "./trace-ledger.ts";
import { traceModels } from "./trace-models.ts";

/** The parts of an engine, watched; and what became of their spans. */
export interface Tracing extends Pick<SpanExporter, "stats" | "health" | "close"> {
  ledger(ledger: Ledger): Ledger;
  models(router: ModelRouter): ModelRouter;
  runner<R extends AgentRunner>(runner: R): R;
  runs<R extends RunService>(runs: R): R;
}

/** One trace for each message, sent to the collector of `diagnostics.otel`; null while that is off. */
export function openTracing(options: {
  config: OpenClawConfig;
  version: string;
  clock: Clock;
  logger: Logger;
}): Tracing | null {
  const { clock, logger } = options;
  const { otel } = options.config.diagnostics;
  if (!otel.enabled) return null;
  const url = tracesUrl(otel.endpoint);
  const fetch = createGuardedFetch({ clock, allowOrigins: () => [url.origin] });
  const exporter = createSpanExporter({
    clock,
    logger: logger.child("tracing"),
    resource: { "service.name": otel.serviceName, "service.version": options.version },
    send: (body, signal) => postTraces({ fetch, url, headers: otel.headers }, body, signal),
    flushMs: otel.flushSeconds * 1000,
    endpoint: `${url.origin}${url.pathname}`,
  });
  const scopes = createTraceScopes();
  const spans = createMessageSpans({ clock, sampleRate: otel.sampleRate, add: (span) => exporter.add(span) });
  const deps = { spans, scopes, clock };
  return {
    stats: () => exporter.stats(),
    health: () => exporter.health(),
    close: (graceMs) => exporter.close(graceMs),
    ledger: (ledger) => traceLedger(ledger, deps),
    models: (router) => traceModels(router, deps),
    runner: (runner) => ({
      ...runner,
      run(lease, hooks) {
        const run = { runId: lease.runId, ended: false };
        return scopes
          .run({ run }, () => runner.run(lease, hooks))
          .finally(() => {
            run.ended = true;
          });
      },
    }),
    runs: (runs) => ({
      ...runs,
      submit: (submission) =>
        scopes.run({ ...scopes.getStore(), arrivedAt: clock.now() }, () => runs.submit(submission)),
    }),
  };
}
