import { useQueryClient } from "@tanstack/preact-query";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLatestRequests } from "../../data/latest-requests";
import type { LoggedRequest } from "../../data/requests";
import { RATE_LIMITS } from "../../data/rate-limits";
import { STATISTICS } from "../../data/statistics";
import { entriesSince, mayChangeKeyState, logPollInterval } from "../../logic/requests/activity";

/**
 * The latest requests. Everything else on the page is fetched again after a new request and at the
 * start of an hour.
 */
export function useLiveRequests() {
  const queries = useQueryClient();
  const latest = useLatestRequests((entries) => logPollInterval(entries, Date.now() / 1000));
  const newest = useRef<string | undefined>();
  const { data } = latest;

  useEffect(() => {
    if (data === undefined) {
      return;
    }
    const came: LoggedRequest[] = entriesSince(data, newest.current);
    const first = newest.current === undefined;
    newest.current = data[0]?.request_id ?? "";
    if (came.length === 0 || first) {
      return;
    }
    void queries.invalidateQueries({ queryKey: STATISTICS });
    void queries.invalidateQueries({ queryKey: RATE_LIMITS });
    void queries.invalidateQueries({ queryKey: ["spend"] });
    if (came.some(mayChangeKeyState)) {
      void queries.invalidateQueries({ queryKey: ["keys"] });
    }
  }, [data, queries]);
  return latest;
}

const HOUR = 3_600;

/** The start of the current hour in epoch seconds, updated when the next one starts. */
export function useCurrentHour(): number {
  const [hour, setHour] = useState(currentHour);
  useEffect(() => {
    const timer = setTimeout(
      () => setHour(currentHour()),
      (hour + HOUR) * 1_000 - Date.now() + 250,
    );
    return () => clearTimeout(timer);
  }, [hour]);
  return hour;
}

function currentHour(): number {
  return Math.floor(Date.now() / 1_000 / HOUR) * HOUR;
}
