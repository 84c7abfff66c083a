import fc from "fast-check";
import { expect, it } from "vitest";
import { createMetricSet } from "./metrics.ts";

it("writes counters, gauges and histograms as Prometheus reads them", () => {
  const set = createMetricSet();
  const calls = set.counter({ name: "calls_total", help: "Calls.", label: "method" });
  const took = set.histogram({ name: "took_seconds", help: "Time.", buckets: [1, 5] });
  set.gauge({ name: "depth", help: "Depth." }, () => [{ value: 3 }]);
  calls.add("health");
  calls.add("health", 2);
  for (const seconds of [0.5, 1, 3, 9]) took.observe(seconds);
  expect(set.text()).toBe(
    `# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{method="health"} 3
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="5"} 3
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 13.5
took_seconds_count 4
# HELP depth Depth.
# TYPE depth gauge
depth 3
`,
  );
});

it("stays small whatever labels come", () => {
  const set = createMetricSet();
  const calls = set.counter({ name: "calls_total", help: "Calls.", label: "method" });
  for (let index = 0; index < 5000; index++) calls.add(`m${index}`);
  expect(set.text().split("\n").length).toBeLessThan(210);
  expect(set.text()).toContain('calls_total{method="other"} 4800');
});

it("keeps every sample on one line of the right form, whatever a label holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.double(), (text, value) => {
      const set = createMetricSet();
      set.gauge({ name: "g", help: "G." }, () => [{ labels: { l: text }, value }]);
      const lines = set.text().split("\n");
      expect(lines).toHaveLength(4);
      expect(lines[2]).toMatch(/^g\{l="(?:[^"\\]|\\[\\"n])*"\} (?:[-+]?(?:\d[\d.e+-]*|Inf)|NaN)$/su);
    }),
  );
});

it("leaves out what cannot be read and refuses two of one name", () => {
  const set = createMetricSet();
  set.gauge({ name: "a", help: "A." }, () => {
    throw new Error("no");
  });
  set.gauge({ name: "b", help: "B." }, () => [{ value: 1 }]);
  expect(set.text()).toBe("# HELP b B.\n# TYPE b gauge\nb 1\n");
  expect(() => set.counter({ name: "b", help: "" })).toThrow("two metrics");
});
