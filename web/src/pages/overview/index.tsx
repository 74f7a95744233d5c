import { ErrorBoundary, lazy } from "preact-iso";
import { useCallback, useMemo, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { useCreatedToken } from "../../services";
import { useCurrentHour, useLiveRequests } from "./live-updates";
import { parsePeriod } from "../../logic/charts/period";
import { PeriodChoice } from "./period-choice";
import { Usage } from "./usage";
import "./style.css";
import "./charts.css";
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
            {showsUsage && <Usage period={period} api={api} latest={requests} />}
          </>
        )}
      </QueryState>
    </Page>
  );
}
