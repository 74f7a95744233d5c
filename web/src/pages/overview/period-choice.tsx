import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../../components/button";
import { useQueryParams } from "../../components/query-params";
import { Segmented } from "../../components/segmented";
import { rangeText } from "../../logic/charts/time-axis";
import { type Period, PERIODS } from "../../logic/charts/period";

const OwnPeriod = lazy(() => import("./custom-period"));

/** Choose the period, which is part of the URL. */
export function PeriodChoice({ period }: { period: Period }) {
  const { query, setQuery } = useQueryParams();
  const own = period.name === "custom";
  return (
    <>
      <Segmented
        label="Period"
        value={period.name}
        options={[
          ...PERIODS.map(([name, text]) => [name, text] as const),
          ...(own ? [["custom", rangeText(period.start, period.end, period.step)] as const] : []),
        ]}
        onValue={(name) =>
          setQuery({ period: name === "24h" ? undefined : name, from: undefined, to: undefined })
        }
      />
      <Button size="small" onClick={() => setQuery({ choose: "period" }, true)}>
        Custom…
      </Button>
      {query["choose"] === "period" && (
        <ErrorBoundary>
          <OwnPeriod period={period} />
        </ErrorBoundary>
      )}
    </>
  );
}
