import { ErrorBoundary, lazy } from "preact-iso";
import { useCallback, useMemo, useState } from "preact/hooks";
import { Button } from "../components/button";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { usePlace } from "../components/place";
import { useMadeToken } from "../services";
import { useHour, useLive } from "./overview/live";
import { periodOf } from "../logic/period";
import { PeriodChoice } from "./overview/period-choice";
import { Usage } from "./overview/usage";
import "./overview.css";

const FirstSteps = lazy(() => import("./overview/first-steps"));

/** What was called, how it went, and what is left; for a new account, the way to its first call. */
export default function Overview() {
  const { query, go } = usePlace();
  const hour = useHour();
  const latest = useLive();
  const [guided, setGuided] = useState<boolean>();
  const decide = useCallback((needed: boolean) => setGuided(needed), []);
  const { period: named, from, to, api } = query;
  const period = useMemo(
    () => periodOf({ period: named, from, to }, hour),
    [named, from, to, hour],
  );
  const made = useMadeToken("firstSteps");
  const called = latest.data !== undefined && latest.data.length > 0;
  const showing = called || guided === false;

  return (
    <Page
      title="Overview"
      actions={
        showing && (
          <>
            {api !== undefined && (
              <Button size="small" onClick={() => go({ api: undefined })}>
                <span class="cut">Only {api}</span> <span aria-hidden="true">×</span>
                <span class="hidden-visually">: show all APIs</span>
              </Button>
            )}
            <PeriodChoice period={period} />
          </>
        )
      }
    >
      <Loaded query={latest} rows={8}>
        {(requests) => (
          <>
            {((guided ?? requests.length === 0) || made !== undefined) && (
              <ErrorBoundary>
                <FirstSteps latest={requests} onDecided={decide} onDone={() => setGuided(false)} />
              </ErrorBoundary>
            )}
            {showing && <Usage period={period} api={api} latest={requests} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
