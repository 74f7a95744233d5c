import type { ComponentType } from "preact";
import { ErrorBoundary, lazy } from "preact-iso";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { loadPage } from "../../components/load-page";
import { QueryState, Skeleton } from "../../components/query-state";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { useCreatedToken } from "../../services";
import { useCurrentHour, useLiveRequests } from "./live-updates";
import { parsePeriod } from "../../logic/charts/period";
import { PeriodChoice } from "./period-choice";
import type { UsageProps } from "./usage";
import "../../components/chart.css";
import "./style.css";
import "./quota-overview.css";
import "./first-steps.css";

const FirstSteps = lazy(() => import("./first-steps"));

/** Usage and remaining quotas; for a new account, a guide to the first call. */
export default function Overview() {
  const { query, setQuery } = useQueryParams();
  const hour = useCurrentHour();
  const latest = useLiveRequests();
  const [guided, setGuided] = useState<boolean>();
  const decide = useCallback((needed: boolean) => setGuided(needed), []);
  const { period: periodName, from, to, api } = query;
  const period = useMemo(
    () => parsePeriod({ period: periodName, from, to }, hour),
    [periodName, from, to, hour],
  );
  const newToken = useCreatedToken("firstSteps");
  const hasRequests = latest.data !== undefined && latest.data.length > 0;
  const showsUsage = hasRequests || guided === false;

  const Usage = useUsage(showsUsage);

  return (
    <Page
      title="Overview"
      actions={
        showsUsage && (
          <>
            {api !== undefined && (
              <Button size="small" onClick={() => setQuery({ api: undefined })}>
                <span class="cut">Only {api}</span> <span aria-hidden="true">×</span>
                <span class="hidden-visually">: show all APIs</span>
              </Button>
            )}
            <PeriodChoice period={period} />
          </>
        )
      }
    >
      <QueryState query={latest} rows={8}>
        {(requests) => (
          <>
            {((guided ?? requests.length === 0) || newToken !== undefined) && (
              <ErrorBoundary>
                <FirstSteps latest={requests} onDecided={decide} onDone={() => setGuided(false)} />
              </ErrorBoundary>
            )}
            {showsUsage &&
              (Usage === undefined ? (
                <Skeleton rows={8} />
              ) : (
                <Usage period={period} api={api} latest={requests} />
              ))}
          </>
        )}
      </QueryState>
    </Page>
  );
}

type UsageComponent = ComponentType<UsageProps>;

/** Load the usage when there is some: a new account does not need it. */
function useUsage(wanted: boolean): UsageComponent | undefined {
  const [found, setFound] = useState<UsageComponent>();
  useEffect(() => {
    if (wanted) {
      void loadPage(() => import("./usage")).then(({ default: Usage }) => setFound(() => Usage));
    }
  }, [wanted]);
  return found;
}
