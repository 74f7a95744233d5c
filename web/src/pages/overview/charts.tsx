import { useMemo, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useQueryParams } from "../../components/query-params";
import { rangeText } from "../../logic/charts/time-axis";
import { milliseconds, number, shortNumber } from "../../logic/format/numbers";
import { type Period, periodQuery } from "../../logic/charts/period";
import { busiestApis, type Column, latencySeries, type Point } from "../../logic/charts/series";
import { Chart, Swatch } from "../../components/chart";
import type { ChartData, Line } from "../../logic/charts/chart-data";
import { ChartTable } from "../../components/chart-table";

interface Usage {
  readonly period: Period;
  readonly points: readonly Point[];
  readonly columns: readonly Column[];
  readonly apis: readonly { api_name: string; counts: { requests: number } }[];
  /** The selected API, if any. */
  readonly api: string | undefined;
}

// The number of chart colours.
const MAX_LINES = 4;

/** Requests, errors and latency over time. */
export function Charts(usage: Usage) {
  const { period, points, columns, apis, api } = usage;
  const counted = useMemo(() => {
    const frame = frameOf(period, columns);
    const line = (name: string, tone: Line["tone"], of: keyof Column): Line => ({
      name,
      tone,
      values: columns.map((column) => column[of]),
    });
    const counts = { kind: "bars", format: number, formatTick: shortNumber, minTop: 5 } as const;
    return {
      requests: { ...frame, ...counts, lines: [line("Requests", 1, "requests")] },
      errors: {
        ...frame,
        ...counts,
        lines: [
          line("Rate limited", 3, "refused"),
          line("4xx", 4, "client"),
          line("5xx", 2, "server"),
          // Only users of simulated rate limiting see this line.
          ...(columns.some((column) => column.simulated > 0)
            ? [line("Simulated", 1, "simulated")]
            : []),
        ],
      },
    };
  }, [period, columns]);
  const latency = useMemo(
    (): ChartData => ({
      ...frameOf(period, columns),
      kind: "lines",
      format: milliseconds,
      formatTick: milliseconds,
      minTop: 10,
      lines: latencyLines(points, period, apis, api),
    }),
    [period, columns, points, apis, api],
  );

  const [pointed, setPointed] = useState<number | null>(null);
  const pointing = { pointed, onPoint: setPointed };
  const most = busiestApis(apis, apis.length + 1).length;
  const which = api === undefined && latency.lines.length > 1 && apis.length > 1;
  return (
    <div class="charts">
      <ChartPanel id="requests" title="Requests" data={counted.requests} {...pointing} />
      <ChartPanel id="errors" title="Errors" data={counted.errors} {...pointing} />
      <ChartPanel
        id="latency"
        title="Latency"
        note={which ? (most > MAX_LINES ? `p95, busiest ${MAX_LINES}` : "p95") : undefined}
        data={latency}
        {...pointing}
      />
    </div>
  );
}

/** Two percentiles of one API, or the 95th percentile of several: percentiles cannot be summed. */
function latencyLines(
  points: readonly Point[],
  period: Period,
  apis: Usage["apis"],
  api: string | undefined,
): Line[] {
  const only = api ?? (apis.length === 1 ? apis[0]?.api_name : undefined);
  if (only !== undefined) {
    return [
      { name: "Median", tone: 1, values: latencySeries(points, period, only, "p50") },
      { name: "95th percentile", tone: 3, values: latencySeries(points, period, only, "p95") },
    ];
  }
  const tones = [1, 3, 4, 2] as const;
  return busiestApis(apis, MAX_LINES).map((name, position) => ({
    name,
    tone: tones[position] ?? 1,
    values: latencySeries(points, period, name, "p95"),
  }));
}

function ChartPanel({
  id,
  title,
  note,
  data,
  pointed,
  onPoint,
}: {
  id: string;
  title: string;
  note?: string | undefined;
  data: ChartData;
  /** The column that is hovered in any of the charts. */
  pointed: number | null;
  onPoint: (column: number | null) => void;
}) {
  const { query, setQuery } = useQueryParams();
  const tables = (query["table"] ?? "").split(",").filter(Boolean);
  const asTable = tables.includes(id);
  const each = data.step === 86_400 ? "day" : "hour";
  const when = rangeText(data.start, data.end, data.step);

  function toggle() {
    const next = asTable ? tables.filter((name) => name !== id) : [...tables, id];
    setQuery({ table: next.join(",") || undefined });
  }

  return (
    <section class="panel chart-panel" aria-labelledby={`chart-${id}`}>
      <header>
        <h2 id={`chart-${id}`}>
          {title} <span class="muted small">{note ?? `per ${each}`}</span>
        </h2>
        <Button size="small" variant="quiet" onClick={toggle}>
          {asTable ? "Show as chart" : "Show as table"} <span class="hidden-visually">({id})</span>
        </Button>
      </header>
      <p class="chart-legend muted small">
        {(data.lines.length > 1 || data.kind === "lines") &&
          data.lines.map((line) => (
            <span key={line.name}>
              <Swatch data={data} line={line} /> {line.name}
            </span>
          ))}
      </p>
      {asTable ? (
        <ChartTable data={data} caption={`${title} per ${each}, ${when}`} />
      ) : (
        <Chart
          data={data}
          hovered={pointed}
          onPoint={onPoint}
          label={`${title} per ${each}, ${when}. ${summaryText(data)}`}
          onSelectRange={(from, to) => setQuery(periodQuery(from, to), true)}
        />
      )}
    </section>
  );
}

/** Summarize a chart in words: the sum or range of each line. */
function summaryText({ lines, kind, format }: ChartData): string {
  const parts = lines.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) {
      return `${name}: none`;
    }
    return kind === "bars"
      ? `${name}: ${format(known.reduce((sum, value) => sum + value, 0))}`
      : `${name}: ${format(Math.min(...known))} to ${format(Math.max(...known))}`;
  });
  return parts.length === 0 ? "Nothing to show." : `${parts.join(", ")}.`;
}

function frameOf({ start, end, step }: Period, columns: readonly Column[]) {
  return { start, end, step, starts: columns.map((column) => column.start) };
}
