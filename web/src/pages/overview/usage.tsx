import { useMemo } from "preact/hooks";
import { QueryState } from "../../components/query-state";
import { hrefWith } from "../../components/query-params";
import type { LoggedRequest } from "../../data/requests";
import { type Statistics, usePastStatistics, useStatistics } from "../../data/statistics";
import { lastUses } from "../../logic/requests/activity";
import { precedingPeriod, type Period } from "../../logic/charts/period";
import { toColumns } from "../../logic/charts/series";
import { ApiTable } from "./api-table";
import { Charts } from "./charts";
import { CurrentQuotas, useCurrentQuotas } from "./current-quotas";
import { SpendPanel } from "./spend-panel";
import { Tiles } from "./tiles";

export interface UsageProps {
  readonly period: Period;
  /** The selected API, if any. */
  readonly api: string | undefined;
  readonly latest: readonly LoggedRequest[];
}

/** The usage in a period and the current quotas. */
export default function Usage(chosen: UsageProps) {
  const usage = useStatistics(chosen.period);
  const quotas = useCurrentQuotas();
  return (
    <QueryState query={usage} rows={8}>
      {(statistics) => (
        <div class="stack" aria-busy={usage.isPlaceholderData || undefined}>
          <PeriodUsage {...chosen} statistics={statistics} />
          <SpendPanel api={chosen.api} />
          <CurrentQuotas {...quotas} />
          {/* Wait for the quota overview, which would push this down. */}
          {!quotas.loading && <UsageByApi {...chosen} statistics={statistics} />}
        </div>
      )}
    </QueryState>
  );
}

function PeriodUsage({ period, api, statistics }: UsageProps & { statistics: Statistics }) {
  const shown = useShownPeriod(statistics, period);
  const earlier = precedingPeriod(shown);
  const past = usePastStatistics(earlier);
  const columns = useMemo(() => toColumns(statistics.series, shown, api), [statistics, shown, api]);
  const sums = { totals: totalsOf(statistics, api), columns };
  const previous = past.data && {
    totals: totalsOf(past.data, api),
    columns: toColumns(past.data.series, earlier, api),
  };
  return (
    <>
      <Tiles sums={sums} before={previous} />
      <Charts
        period={shown}
        points={statistics.series}
        columns={columns}
        apis={statistics.apis}
        api={api}
      />
    </>
  );
}

function UsageByApi({ period, latest, statistics }: UsageProps & { statistics: Statistics }) {
  const shown = useShownPeriod(statistics, period);
  const rows = useMemo(() => {
    const byApi = lastUses(latest, statistics.series);
    return statistics.apis.map(({ api_name, counts }) => ({
      api_name,
      counts,
      trend: toColumns(statistics.series, shown, api_name).map((column) => column.requests),
      lastUse: byApi.get(api_name),
    }));
  }, [statistics, shown, latest]);
  return (
    <ApiTable
      rows={rows}
      from={shown.start}
      to={shown.end}
      hrefOf={(name) => hrefWith({ api: name })}
    />
  );
}

/** The period of the shown data, which differs from the chosen one while that loads. */
function useShownPeriod({ start, end, granularity }: Statistics, { name }: Period): Period {
  return useMemo(
    () => ({ name, start, end, step: granularity === "hour" ? 3_600 : 86_400 }),
    [name, start, end, granularity],
  );
}

function totalsOf(statistics: Statistics, api: string | undefined) {
  const one = statistics.apis.find(({ api_name }) => api_name === api);
  return api === undefined ? statistics.totals : (one?.counts ?? NO_USAGE);
}

const NO_USAGE = {
  requests: 0,
  errors: 0,
  refused: 0,
  rehearsed: 0,
  status_4xx: 0,
  status_5xx: 0,
  bytes_in: 0,
  bytes_out: 0,
  latency: { p50: null, p95: null },
};
