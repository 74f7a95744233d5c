import { useMemo } from "preact/hooks";
import { TimeLabels } from "../logic/charts/time-axis";
import { type ChartData, valueOf } from "../logic/charts/chart-data";

/** The values of a chart, the latest first. */
export function ChartTable({ data, caption }: { data: ChartData; caption: string }) {
  const labels = useMemo(() => new TimeLabels(data.step), [data.step]);
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <thead>
          <tr>
            <th scope="col">{data.step === 86_400 ? (data.dayName ?? "Day (UTC)") : "Hour"}</th>
            {data.lines.map((line) => (
              <th key={line.name} scope="col" class="numeric">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.starts
            .map((start, column) => (
              <tr key={start}>
                <th scope="row">{labels.column(start)}</th>
                {data.lines.map((line) => (
                  <td key={line.name} class="numeric">
                    {valueOf(line, column, data)}
                  </td>
                ))}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </div>
  );
}
