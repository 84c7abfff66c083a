import type { JSX } from "preact";
import type { Series } from "./usage-data.ts";

const height = 120;
const step = 12;
const bar = 9;

/** Stacked bars, one per day. What it shows is in the table below it too. */
export function BarChart({
  series,
  days,
  label,
  show,
}: {
  series: readonly Series[];
  days: readonly string[];
  label: string;
  show: (value: number) => string;
}): JSX.Element {
  const sums = days.map((_, day) => series.reduce((sum, { values }) => sum + (values[day] ?? 0), 0));
  const top = Math.max(...sums);
  return (
    <figure class="chart">
      <div class="chart-scale soft">
        <span>{show(top)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${days.length * step} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {days.map((date, day) => (
          <g key={date}>
            <title>{`${date}: ${show(sums[day] ?? 0)}`}</title>
            <rect class="chart-ground" x={day * step} y={0} width={step} height={height} />
            {stack(series, day, top).map(({ y, size }, index) => (
              <rect
                key={index}
                class={`series-${index}`}
                x={day * step + 1.5}
                y={y}
                width={bar}
                height={size}
              />
            ))}
          </g>
        ))}
      </svg>
      <div class="chart-days soft">
        <span>{days[0]}</span>
        <span>{days.at(-1)}</span>
      </div>
    </figure>
  );
}

/** Where each series of a day lies, the first at the bottom. */
function stack(series: readonly Series[], day: number, top: number): Array<{ y: number; size: number }> {
  let y = height;
  return series.map(({ values }) => {
    const size = ((values[day] ?? 0) / top) * height;
    y -= size;
    return { y, size };
  });
}
