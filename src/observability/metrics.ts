/** One value of a metric. */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export interface Counter {
  /** `label` is the value of the counter's one label; with too many different ones it becomes `other`. */
  add(label?: string, by?: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

/** Metrics of one gateway, told as text in the Prometheus format (version 0.0.4). */
export interface MetricSet {
  counter(metric: { name: string; help: string; label?: string }): Counter;
  histogram(metric: { name: string; help: string; buckets: readonly number[] }): Histogram;
  /** Asked at each look. What throws is left out of that answer. */
  gauge(
    metric: { name: string; help: string; type?: "gauge" | "counter" },
    read: () => readonly Sample[],
  ): void;
  text(): string;
}

/** Different values of a label, and samples of a gauge, before the rest is one: what strangers name must not grow it. */
const maxValues = 200;

export function createMetricSet(): MetricSet {
  const writers = new Map<string, () => string>();
  const define = (name: string, write: () => string) => {
    if (writers.has(name)) throw new Error(`two metrics are called ${name}`);
    writers.set(name, write);
  };
  return {
    counter({ name, help, label }) {
      const values = new Map<string, number>(label === undefined ? [["", 0]] : []);
      define(name, () =>
        page(
          { name, help, type: "counter" },
          [...values].map(([value, count]) =>
            sample(name, label === undefined ? {} : { [label]: value }, count),
          ),
        ),
      );
      return {
        add(value = "", by = 1) {
          const key =
            label === undefined ? "" : values.has(value) || values.size < maxValues ? value : "other";
          values.set(key, (values.get(key) ?? 0) + by);
        },
      };
    },
    histogram({ name, help, buckets }) {
      const counts = buckets.map(() => 0);
      let sum = 0;
      let count = 0;
      define(name, () =>
        page({ name, help, type: "histogram" }, [
          ...buckets.map((bound, index) =>
            sample(`${name}_bucket`, { le: String(bound) }, counts[index] ?? 0),
          ),
          sample(`${name}_bucket`, { le: "+Inf" }, count),
          sample(`${name}_sum`, {}, sum),
          sample(`${name}_count`, {}, count),
        ]),
      );
      return {
        observe(value) {
          sum += value;
          count += 1;
          // Each bucket holds all that are not greater.
          for (const [index, bound] of buckets.entries())
            if (value <= bound) counts[index] = (counts[index] ?? 0) + 1;
        },
      };
    },
    gauge({ name, help, type = "gauge" }, read) {
      define(name, () => {
        let samples: readonly Sample[];
        try {
          samples = read();
        } catch {
          return ""; // Whoever scrapes notices that it is missing; the others are told all the same.
        }
        const lines = samples
          .slice(0, maxValues)
          .map(({ labels = {}, value }) => sample(name, labels, value));
        return page({ name, help, type }, lines);
      });
    },
    text: () => [...writers.values()].map((write) => write()).join(""),
  };
}

function page(metric: { name: string; help: string; type: string }, lines: string[]): string {
  const { name, help, type } = metric;
  const told = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${told}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${numberText(value)}\n`;
}

function escapeLabel(text: string): string {
  return text.slice(0, 128).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
