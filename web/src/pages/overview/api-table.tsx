import { Ago, useNow } from "../../components/time";
import { milliseconds, number, percent } from "../../logic/format/numbers";
import type { LastUse } from "../../logic/requests/activity";
import { requestsPath } from "../../logic/navigation/routes";
import type { Counts } from "../../logic/charts/series";
import { sparkline } from "../../logic/charts/sparkline";
import { ago } from "../../logic/format/time";

export interface ApiUsage {
  readonly api_name: string;
  readonly counts: Counts;
  /** Requests in each hour or day of the period. */
  readonly trend: readonly number[];
  readonly lastUse: LastUse | undefined;
}

/** The usage of each API in the period, the busiest first. */
export function ApiTable({
  rows,
  from,
  to,
  hrefOf,
}: {
  rows: readonly ApiUsage[];
  from: number;
  to: number;
  /** The URL of the page filtered by an API. */
  hrefOf: (api: string) => string;
}) {
  const busiestFirst = [...rows].sort((a, b) => b.counts.requests - a.counts.requests);
  return (
    <section class="panel" aria-labelledby="apis">
      <header>
        <h2 id="apis">APIs</h2>
        <a href={requestsPath({ from: String(from), to: String(to) })}>Request log</a>
      </header>
      {rows.length === 0 ? (
        <p class="panel-body muted">No calls in this period.</p>
      ) : (
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">API</th>
                <th scope="col" class="wide-only">
                  Trend
                </th>
                <th scope="col" class="numeric">
                  Requests
                </th>
                <th scope="col" class="numeric">
                  Errors
                </th>
                <th scope="col" class="numeric wide-only">
                  Median
                </th>
                <th scope="col" class="numeric">
                  p95
                </th>
                <th scope="col" class="numeric wide-only">
                  Last used
                </th>
              </tr>
            </thead>
            <tbody>
              {busiestFirst.map(({ api_name, counts, trend, lastUse: lastUse }) => (
                <tr key={api_name}>
                  <th scope="row" class="api-name">
                    <a href={hrefOf(api_name)} class="break">
                      {api_name}
                    </a>
                  </th>
                  <td class="wide-only">
                    <Trend values={trend} />
                  </td>
                  <td class="numeric">{number(counts.requests)}</td>
                  <td class="numeric">
                    {counts.errors === 0 ? (
                      <span class="muted">0%</span>
                    ) : (
                      <a
                        href={requestsPath({
                          api: api_name,
                          status: counts.status_5xx > counts.status_4xx ? "5xx" : "4xx",
                          from: String(from),
                          to: String(to),
                        })}
                      >
                        {percent(counts.errors, counts.requests)}
                      </a>
                    )}
                  </td>
                  <td class="numeric wide-only">{milliseconds(counts.latency.p50)}</td>
                  <td class="numeric">{milliseconds(counts.latency.p95)}</td>
                  <td class="numeric wide-only muted">
                    {lastUse === undefined ? (
                      "–"
                    ) : lastUse.exact ? (
                      <Ago at={lastUse.at} />
                    ) : (
                      <ApproximateTime last={lastUse} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const WIDTH = 120;
const HEIGHT = 22;

function Trend({ values }: { values: readonly number[] }) {
  return (
    <svg
      class="trend"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <path d={sparkline(values, WIDTH, HEIGHT)} />
    </svg>
  );
}

/** A last use of which only the hour or the day is known. */
function ApproximateTime({ last }: { last: LastUse }) {
  const now = useNow();
  return <>{now - last.at < 3_600 ? "this hour" : ago(last.at, now)}</>;
}
