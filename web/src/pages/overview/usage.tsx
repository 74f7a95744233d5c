import { useMemo } from "preact/hooks";
import { Loaded } from "../../components/loaded";
import { hrefWith } from "../../components/place";
import type { LoggedRequest } from "../../data/latest-requests";
import { type Statistics, usePastStatistics, useStatistics } from "../../data/statistics";
import { lastUses } from "../../logic/live";
import { before, type Period } from "../../logic/period";
import { columnsOf } from "../../logic/series";
import { Apis } from "./apis";
import { Charts } from "./charts";
import { AtPresent, usePresent } from "./present";
import { Tiles } from "./tiles";

interface Chosen {
  readonly period: Period;
  /** The one API that is looked at, if it is one. */
  readonly api: string | undefined;
  readonly latest: readonly LoggedRequest[];
}

/** What was used in a period, and what is left now. */
export function Usage(chosen: Chosen) {
  const usage = useStatistics(chosen.period);
  const present = usePresent();
  return (
    <Loaded query={usage} rows={8}>
      {(statistics) => (
        <div class="stack" aria-busy={usage.isPlaceholderData || undefined}>
          <InPeriod {...chosen} statistics={statistics} />
          <AtPresent {...present} />
          {/* Not before the board is there, which would push it down. */}
          {!present.loading && <PerApi {...chosen} statistics={statistics} />}
        </div>
      )}
    </Loaded>
  );
}

function InPeriod({ period, api, statistics }: Chosen & { statistics: Statistics }) {
  const shown = useShown(statistics, period);
  const earlier = before(shown);
  const past = usePastStatistics(earlier);
  const columns = useMemo(() => columnsOf(statistics.series, shown, api), [statistics, shown, api]);
  const sums = { totals: totalsOf(statistics, api), columns };
  const then = past.data && {
    totals: totalsOf(past.data, api),
    columns: columnsOf(past.data.series, earlier, api),
  };
  return (
    <>
      <Tiles sums={sums} before={then} />
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

function PerApi({ period, latest, statistics }: Chosen & { statistics: Statistics }) {
  const shown = useShown(statistics, period);
  const rows = useMemo(() => {
    const last = lastUses(latest, statistics.series);
    return statistics.apis.map(({ api_name, counts }) => ({
      api_name,
      counts,
      trend: columnsOf(statistics.series, shown, api_name).map((column) => column.requests),
      last: last.get(api_name),
    }));
  }, [statistics, shown, latest]);
  return (
    <Apis
      rows={rows}
      from={shown.start}
      to={shown.end}
      hrefOf={(name) => hrefWith({ api: name })}
    />
  );
}

/** The period that the answer is about, which is another one while the next is read. */
function useShown({ start, end, granularity }: Statistics, { name }: Period): Period {
  return useMemo(
    () => ({ name, start, end, step: granularity === "hour" ? 3_600 : 86_400 }),
    [name, start, end, granularity],
  );
}

function totalsOf(statistics: Statistics, api: string | undefined) {
  const one = statistics.apis.find(({ api_name }) => api_name === api);
  return api === undefined ? statistics.totals : (one?.counts ?? NOTHING);
}

const NOTHING = {
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
