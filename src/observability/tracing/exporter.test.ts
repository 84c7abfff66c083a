import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../core/logger.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { startOtlpCollector, type OtlpCollector } from "../../../test/fakes/otlp-collector.ts";
import { createHealthRegistry } from "../health.ts";
import { createSpanExporter, isSampled, spanIdOf, traceIdOf, type SendAnswer, type Span } from "./index.ts";
import { otlpJson } from "./otlp-json.ts";

const start = Date.UTC(2026, 10, 21, 12);
const span = (name: string, more: Partial<Span> = {}): Span => ({
  traceId: traceIdOf("run-1"),
  spanId: spanIdOf("run-1", name),
  parentSpanId: spanIdOf("run-1"),
  name,
  kind: "internal",
  startMs: start,
  endMs: start + 5,
  attributes: {},
  error: null,
  ...more,
});

function bench(answers: Array<SendAnswer | Error> = []) {
  const clock = manualClock(start);
  const bodies: string[] = [];
  let arrived = () => {};
  const exporter = createSpanExporter({
    clock,
    logger: silentLogger,
    resource: { "service.name": "openclaw" },
    flushMs: 5000,
    endpoint: "http://collector.example/v1/traces",
    send(body) {
      bodies.push(body);
      arrived();
      const answer = answers.shift() ?? { status: 200 };
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  /** Moves on and waits for the batch that is then sent, and for what its answer means. */
  const sent = async (ms: number) => {
    const next = new Promise<void>((resolve) => (arrived = resolve));
    clock.advance(ms);
    await next;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const names = (body: string | undefined) => [...(body ?? "").matchAll(/"name":"(s\d+)"/g)].map((m) => m[1]);
  return { clock, exporter, bodies, sent, names };
}

describe("the exporter", () => {
  it("sends what came together in one batch", async () => {
    const { exporter, bodies, sent, names, clock } = bench();
    exporter.add(span("s1"));
    clock.advance(4999);
    exporter.add(span("s2"));
    expect(bodies).toEqual([]);
    await sent(1);
    expect(names(bodies[0])).toEqual(["s1", "s2"]);
    expect(exporter.stats()).toEqual({ exported: 2, dropped: 0, queued: 0 });
    expect(exporter.health()).toEqual([]);
  });

  it("keeps a batch the collector cannot take now, waits longer each time, and as long as it is asked to", async () => {
    const { exporter, bodies, sent, names, clock } = bench([
      new Error("connect ECONNREFUSED"),
      { status: 503 },
      { status: 429, retryAfterMs: 30_000 },
    ]);
    exporter.add(span("s1"));
    await sent(5000);
    clock.advance(999);
    expect(bodies).toHaveLength(1);
    await sent(1);
    clock.advance(1999);
    expect(bodies).toHaveLength(2);
    await sent(1);
    clock.advance(29_999);
    expect(bodies).toHaveLength(3);
    await sent(1);
    expect(bodies.map(names)).toEqual([["s1"], ["s1"], ["s1"], ["s1"]]);
    expect(exporter.stats()).toEqual({ exported: 1, dropped: 0, queued: 0 });
  });

  it("says that it fails as a condition, and stops saying so", async () => {
    const { exporter, sent, clock } = bench([new Error("connect ECONNREFUSED 127.0.0.1:4318")]);
    const registry = createHealthRegistry({
      clock,
      sources: [exporter.health],
      onSourceError: (error) => {
        throw error;
      },
    });
    exporter.add(span("s1"));
    await sent(5000);
    registry.look();
    expect(registry.conditions()).toEqual([]);
    expect(exporter.health()[0]).toMatchObject({
      code: "traces-not-exported",
      text: expect.stringContaining("ECONNREFUSED") as string,
      since: start + 5000,
      evidence: { queued: 1, tries: 1 },
    });
    await sent(1000);
    expect(exporter.health()).toEqual([]);
  });

  it("shows the condition after half a minute without a collector", async () => {
    const { exporter, sent, clock } = bench(Array.from({ length: 9 }, () => new Error("ENOTFOUND")));
    const registry = createHealthRegistry({ clock, sources: [exporter.health], onSourceError: () => {} });
    exporter.add(span("s1"));
    await sent(5000);
    registry.look();
    for (const ms of [1000, 2000, 4000, 8000, 16_000]) await sent(ms);
    registry.look();
    expect(registry.conditions().map(({ code, severity }) => [code, severity])).toEqual([
      ["traces-not-exported", "warning"],
    ]);
    expect(registry.ok()).toBe(true);
  });

  it("drops what it is told never to send again, and counts what a collector refused of a batch", async () => {
    const { exporter, sent } = bench([{ status: 400 }, { status: 200, rejected: 1 }]);
    exporter.add(span("s1"));
    await sent(5000);
    expect(exporter.stats()).toEqual({ exported: 0, dropped: 1, queued: 0 });
    exporter.add(span("s2"));
    exporter.add(span("s3"));
    await sent(5000);
    expect(exporter.stats()).toEqual({ exported: 1, dropped: 2, queued: 0 });
    expect(exporter.health()).toHaveLength(1);
  });

  it("holds a bounded number, and counts the rest as dropped", () => {
    const { exporter } = bench();
    for (let index = 0; index < 5000; index++) exporter.add(span(`s${index}`));
    expect(exporter.stats()).toEqual({ exported: 0, dropped: 5000 - 2048, queued: 2048 });
  });

  it("sends what waits when it is closed, and takes nothing afterwards", async () => {
    const { exporter, bodies } = bench();
    for (let index = 0; index < 300; index++) exporter.add(span(`s${index}`));
    await exporter.close(1000);
    expect(bodies).toHaveLength(2);
    exporter.add(span("late"));
    expect(exporter.stats()).toEqual({ exported: 300, dropped: 1, queued: 0 });
  });

  it("does not wait at its end for a collector that hangs", async () => {
    const clock = manualClock(start);
    const exporter = createSpanExporter({
      clock,
      logger: silentLogger,
      resource: { "service.name": "openclaw" },
      flushMs: 5000,
      endpoint: "http://collector.example/v1/traces",
      send: (_body, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        ),
    });
    exporter.add(span("s1"));
    const closed = exporter.close(500);
    clock.advance(500);
    await closed;
    expect(exporter.stats()).toEqual({ exported: 0, dropped: 1, queued: 0 });
  });
});

describe("the format", () => {
  let collector: OtlpCollector;
  beforeAll(async () => (collector = await startOtlpCollector()));
  afterAll(() => collector.stop());
  const post = (body: string) =>
    fetch(`${collector.endpoint}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });

  it("is what a collector takes, whatever the spans hold", async () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.integer(), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            run: fc.string(),
            name: fc.string({ unit: "binary", minLength: 1 }),
            from: fc.integer({ min: start, max: start + 1e9 }),
            took: fc.integer({ min: -5, max: 1e6 }),
            attributes: fc.dictionary(fc.string({ minLength: 1 }), value),
            error: fc.option(fc.string({ minLength: 1 })),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        async (made) => {
          const spans = made.map(({ run, from, took, ...more }) =>
            span("s", { ...more, traceId: traceIdOf(run), startMs: from, endMs: from + took }),
          );
          const before = collector.spans.length;
          const answer = await post(otlpJson(spans, { "service.name": "openclaw" }));
          expect(answer.status, collector.complaints.at(-1)).toBe(200);
          const taken = collector.spans.slice(before);
          expect(taken.map(({ traceId, error }) => [traceId, error])).toEqual(
            made.map(({ run, error }) => [traceIdOf(run), error?.slice(0, 256) ?? null]),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is refused by the collector of the tests when it is wrong", async () => {
    const right = otlpJson([span("s")], { "service.name": "openclaw" });
    for (const [from, to] of [
      [/"traceId":"[0-9a-f]{32}"/, '"traceId":"AAAA"'],
      [/"kind":1/, '"kind":"SPAN_KIND_INTERNAL"'],
      [/"startTimeUnixNano":"(\d+)"/, '"startTimeUnixNano":$1'],
      [/"name":"s"/, '"name":"s","text":"hello"'],
    ] as const) {
      const wrong = right.replace(from, to);
      expect(wrong).not.toBe(right);
      expect((await post(wrong)).status, to).toBe(400);
    }
  });
});

it("ids follow from the run, and different things have different ids", () => {
  expect(traceIdOf("a")).toBe(traceIdOf("a"));
  expect(spanIdOf("ab", "c")).not.toBe(spanIdOf("a", "bc"));
  expect(traceIdOf("a")).not.toBe(traceIdOf("b"));
});

it("keeps about the share of traces that is asked for, and of a trace all or nothing", () => {
  const ids = Array.from({ length: 4000 }, (_, index) => traceIdOf(`run-${index}`));
  const kept = (rate: number) => ids.filter((id) => isSampled(id, rate)).length;
  expect(kept(0)).toBe(0);
  expect(kept(1)).toBe(4000);
  expect(kept(0.25)).toBeGreaterThan(850);
  expect(kept(0.25)).toBeLessThan(1150);
});
