import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../../components/button";
import { usePlace } from "../../components/place";
import { Segmented } from "../../components/segmented";
import { stretch } from "../../logic/axis";
import { type Period, PERIODS } from "../../logic/period";

const OwnPeriod = lazy(() => import("./own-period"));

/** Chooses the period that is looked at; it stands in the page's address. */
export function PeriodChoice({ period }: { period: Period }) {
  const { query, go } = usePlace();
  const own = period.name === "own";
  return (
    <>
      <Segmented
        label="Period"
        value={period.name}
        options={[
          ...PERIODS.map(([name, text]) => [name, text] as const),
          ...(own ? [["own", stretch(period.start, period.end, period.step)] as const] : []),
        ]}
        onValue={(name) =>
          go({ period: name === "24h" ? undefined : name, from: undefined, to: undefined })
        }
      />
      <Button size="small" onClick={() => go({ choose: "period" }, true)}>
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
