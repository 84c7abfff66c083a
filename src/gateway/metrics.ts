import { createMetricSet, type ExporterStats, type LoopDelay, type Sample } from "../observability/index.ts";
import type { GatewayServices } from "./contract.ts";
import type { HealthMonitor } from "./health.ts";

/** Rows looked at per state of deliveries: a gauge that stands at it says "at least". */
const mostDeliveries = 1000;
const turnBuckets = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export interface GatewayMetrics {
  /** For {@link ServerParts.onCall}. */
  onCall(method: string): void;
  /** All of it in the Prometheus text format; names are listed in docs/monitoring.md. */
  text(): string;
  stop(): void;
}

/** Counts what happens and reads the rest when asked. Names and labels are stable; labels never hold what users wrote. */
export function createGatewayMetrics(
  services: GatewayServices,
  options: {
    health: HealthMonitor;
    loop: LoopDelay | null;
    /** What became of the spans; absent while no traces are sent. */
    traces?: { stats(): ExporterStats } | null;
  },
): GatewayMetrics {
  const { clock, ledger, channels, broadcaster, runs } = services;
  const { health, loop } = options;
  const set = createMetricSet();
  const gauge = (name: string, help: string, read: () => number | readonly Sample[]) =>
    set.gauge({ name: `openclaw_${name}`, help }, () => {
      const value = read();
      return typeof value === "number" ? [{ value }] : value;
    });

  gauge("build_info", "Always 1; the label tells the version.", () => [
    { labels: { version: services.version }, value: 1 },
  ]);
  gauge("uptime_seconds", "Seconds since this gateway started.", () =>
    Math.max(0, (clock.now() - services.startedAt) / 1000),
  );
  gauge("ready", "1 when /readyz answers 200.", () => (health.blocking().length === 0 ? 1 : 0));
  gauge("healthy", "1 while no condition of severity error is shown.", () =>
    health.conditions().some(({ severity }) => severity === "error") ? 0 : 1,
  );
  gauge("condition", "Conditions shown now, as `openclaw status` shows them.", () => {
    const counts = new Map<string, Sample & { labels: Record<string, string> }>();
    for (const { code, severity } of health.conditions()) {
      const before = counts.get(code)?.value ?? 0;
      counts.set(code, { labels: { code, severity }, value: before + 1 });
    }
    return [...counts.values()];
  });
  const finished = set.counter({
    name: "openclaw_runs_total",
    help: "Runs that ended, by the reason of their outcome.",
    label: "outcome",
  });
  const turn = set.histogram({
    name: "openclaw_turn_seconds",
    help: "Seconds from the start of a run to its end.",
    buckets: turnBuckets,
  });
  const unsubscribe = runs.subscribe((event) => {
    if (event.type !== "finished") return;
    const { reason, startedAt, endedAt } = event.outcome;
    finished.add(reason);
    turn.observe(Math.max(0, (endedAt - startedAt) / 1000));
  });
  gauge("runs_running", "Runs at work.", () => ledger.activity().running.length);
  gauge("queue_depth", "Messages that wait for a run.", () => ledger.activity().queued);
  gauge("deliveries", "Messages to the outside by state; those that were sent are not counted.", () =>
    (["pending", "sending", "dead", "unknown"] as const).map((state) => ({
      labels: { state },
      value: ledger.deliveries({ state, limit: mostDeliveries }).length,
    })),
  );
  gauge("channel_connected", "1 for each enabled channel account that is connected.", () =>
    channels.ids().flatMap((channel) =>
      channels
        .accounts(channel)
        .filter(({ enabled }) => enabled)
        .map(({ accountId: account, connected }) => ({
          labels: { channel, account },
          value: connected ? 1 : 0,
        })),
    ),
  );
  const proved = (at: "lastInboundAt" | "lastOutboundAt") => () =>
    channels.ids().flatMap((channel) =>
      channels.accounts(channel).flatMap((each) => {
        const time = each[at];
        return time === null
          ? []
          : [{ labels: { channel, account: each.accountId }, value: Math.floor(time / 1000) }];
      }),
    );
  gauge(
    "channel_last_received_timestamp_seconds",
    "When a message last came in; absent while none did since the account started.",
    proved("lastInboundAt"),
  );
  gauge(
    "channel_last_sent_timestamp_seconds",
    "When the platform last took a message; absent while it took none since the account started.",
    proved("lastOutboundAt"),
  );
  const calls = set.counter({
    name: "openclaw_rpc_calls_total",
    help: "Requests of the control plane by method.",
    label: "method",
  });
  gauge("ws_connections", "Signed-in WebSocket connections by role.", () => {
    const counts = { operator: 0, node: 0 };
    for (const { principal } of broadcaster.connections()) {
      counts[principal.role === "node" ? "node" : "operator"] += 1;
    }
    return Object.entries(counts).map(([role, value]) => ({ labels: { role }, value }));
  });
  gauge("process_resident_bytes", "Memory of the process.", () => process.memoryUsage.rss());
  gauge("process_heap_bytes", "Memory JavaScript uses.", () => process.memoryUsage().heapUsed);
  set.gauge(
    { name: "openclaw_process_cpu_seconds_total", help: "Processor time used.", type: "counter" },
    () => {
      const { user, system } = process.cpuUsage();
      return [{ value: (user + system) / 1_000_000 }];
    },
  );
  gauge("event_loop_delay_seconds", "Longest time within the last minute in which nothing was done.", () =>
    loop === null ? [] : loop.worstMs() / 1000,
  );
  const { traces } = options;
  if (traces) {
    const counter = (name: string, help: string, read: () => number) =>
      set.gauge({ name: `openclaw_${name}`, help, type: "counter" }, () => [{ value: read() }]);
    counter("trace_spans_exported_total", "Spans the collector took.", () => traces.stats().exported);
    counter(
      "trace_spans_dropped_total",
      "Spans lost: the queue was full or the collector refused them.",
      () => traces.stats().dropped,
    );
    gauge("trace_queue_spans", "Spans that wait to be sent.", () => traces.stats().queued);
  }
  return {
    onCall: (method) => calls.add(method),
    text: () => set.text(),
    stop: unsubscribe,
  };
}
