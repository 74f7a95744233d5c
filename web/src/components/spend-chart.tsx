import { useMemo, useState } from "preact/hooks";
import type { Spend } from "../data/spend";
import { money, shortMoney } from "../logic/format/money";
import { spendLines } from "../logic/spend/chart-lines";
import { dateStart } from "../logic/spend/days";
import { rangeText } from "../logic/charts/time-axis";
import { Button } from "./button";
import { Chart, Swatch } from "./chart";
import type { ChartData } from "../logic/charts/chart-data";
import { ChartTable } from "./chart-table";
import { useQueryParams } from "./query-params";

const NANO = 1e9;
const DAY = 86_400;

/** The cost of each day, stacked by API. `dates` are the days, such as "2026-11-30". */
export function SpendChart({
  series,
  dates,
}: {
  series: Spend["series"];
  dates: readonly string[];
}) {
  const { query, setQuery } = useQueryParams();
  const [hovered, setHovered] = useState<number | null>(null);
  const tables = (query["table"] ?? "").split(",").filter(Boolean);
  const asTable = tables.includes("spend");
  const data = useMemo((): ChartData => {
    const starts = dates.map(dateStart);
    const start = starts[0] ?? 0;
    return {
      kind: "bars",
      start,
      end: start + starts.length * DAY,
      step: DAY,
      starts,
      lines: spendLines(series, dates),
      format: (nano) => money(nano / NANO),
      formatTick: (nano) => shortMoney(nano / NANO),
      minTop: NANO / 100,
      dayName: "Day",
    };
  }, [series, dates]);
  const when = `Spend per day, ${rangeText(data.start, data.end, DAY)}`;
  const parts = data.lines.map(({ name, values }) => {
    const total = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    return `${name}: ${data.format(total)}`;
  });

  function toggle() {
    const next = asTable ? tables.filter((name) => name !== "spend") : [...tables, "spend"];
    setQuery({ table: next.join(",") || undefined });
  }

  return (
    <div class="spend-chart">
      <div class="spend-chart-head">
        <p class="chart-legend muted small">
          {data.lines.map((line) => (
            <span key={line.name}>
              <Swatch data={data} line={line} /> {line.name}
            </span>
          ))}
        </p>
        <Button size="small" variant="quiet" onClick={toggle}>
          {asTable ? "Show as chart" : "Show as table"} <span class="hidden-visually">(spend)</span>
        </Button>
      </div>
      {asTable ? (
        <ChartTable data={data} caption={when} />
      ) : (
        <Chart
          data={data}
          hovered={hovered}
          onPoint={setHovered}
          label={`${when}. ${parts.join(", ") || "No cost"}.`}
        />
      )}
    </div>
  );
}
