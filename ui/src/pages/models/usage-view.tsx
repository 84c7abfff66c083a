import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { BarChart } from "./bar-chart.tsx";
import { t } from "./models-text.ts";
import {
  daysOf,
  groupings,
  measures,
  seriesOf,
  sumOf,
  totalsOf,
  type Grouping,
  type Measure,
  type UsageRow,
} from "./usage-data.ts";

const spans = [7, 30, 90, 365] as const;

/** What was used per day, by model, agent or channel, as a chart and in numbers. */
export function UsageView(): JSX.Element {
  const [days, setDays] = useState(30);
  const [by, setBy] = useState<Grouping>("model");
  const [measure, setMeasure] = useState<Measure>("tokens");
  const query = useQuery<{ since: number; days: number; rows: UsageRow[] }>(
    "usage.breakdown",
    { days },
    { everyMs: 60_000 },
  );
  return (
    <section class="card">
      <div class="row">
        <h2>{t("usage")}</h2>
        <span class="spacer" />
        <Choice name={t("measure")} value={measure} among={measures} show={t} onChoose={setMeasure} />
        <Choice name={t("by")} value={by} among={groupings} show={t} onChoose={setBy} />
        <Choice name={t("days")} value={days} among={spans} show={String} onChoose={setDays} />
      </div>
      <Loaded query={query}>
        {({ since, days: shown, rows }) => (
          <Usage rows={rows} days={daysOf(since, shown)} by={by} measure={measure} />
        )}
      </Loaded>
    </section>
  );
}

function Usage({
  rows,
  days,
  by,
  measure,
}: {
  rows: UsageRow[];
  days: string[];
  by: Grouping;
  measure: Measure;
}): JSX.Element {
  if (rows.length === 0) return <p class="soft">{t("noUsage")}</p>;
  const series = seriesOf(rows, { days, by, measure });
  const totals = totalsOf(rows, by, measure);
  const all = sumOf(totals.map(([, sums]) => sums));
  const coloured = new Map(series.map(({ name }, index) => [name, index]));
  return (
    <>
      {series.length === 0 ? null : (
        <BarChart
          series={series}
          days={days}
          label={t("chart", { measure: t(measure), by: t(by), days: days.length })}
          show={measure === "cost" ? money : format.compact}
        />
      )}
      <div class="table-scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th class="first-upper">{t(by)}</th>
              <th class="align-right first-upper">{t("tokens")}</th>
              <th class="align-right first-upper">{t("cost")}</th>
              <th class="align-right first-upper">{t("runs")}</th>
            </tr>
          </thead>
          <tbody>
            {totals.map(([name, sums]) => (
              <tr key={name}>
                <td>
                  <span class={`swatch series-${coloured.get(name) ?? coloured.get(null) ?? 0}`} />{" "}
                  {name === "?" ? t("unknown") : name}
                </td>
                <td class="align-right">{format.compact(sums.tokens)}</td>
                <td class="align-right">{money(sums.cost)}</td>
                <td class="align-right">
                  {format.number(sums.runs)}
                  {sums.failed > 0 ? <span class="bad"> ({t("failed", { count: sums.failed })})</span> : null}
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th>{t("total")}</th>
              <th class="align-right">{format.compact(all.tokens)}</th>
              <th class="align-right">{money(all.cost)}</th>
              <th class="align-right">{format.number(all.runs)}</th>
            </tr>
          </tfoot>
        </table>
      </div>
      {all.unpriced > 0 ? <p class="soft">{t("unpriced", { count: all.unpriced })}</p> : null}
    </>
  );
}

function Choice<V extends string | number>({
  name,
  value,
  among,
  show,
  onChoose,
}: {
  name: string;
  value: V;
  among: readonly V[];
  show: (value: V) => string;
  onChoose: (value: V) => void;
}): JSX.Element {
  return (
    <label class="row">
      {name}
      <select
        value={value}
        onChange={(event) => {
          const chosen = among.find((each) => String(each) === event.currentTarget.value);
          if (chosen !== undefined) onChoose(chosen);
        }}
      >
        {among.map((each) => (
          <option key={each} value={each}>
            {show(each)}
          </option>
        ))}
      </select>
    </label>
  );
}

const money = (usd: number): string =>
  new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: usd > 0 && usd < 1 ? 4 : 2,
  }).format(usd);
