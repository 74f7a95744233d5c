import { useQueryClient } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/problem";
import { useStatus } from "../data/status";
import { Notice } from "./notice";

// Milliseconds between two attempts while the API does not respond.
const RETRY_INTERVAL = 3_000;
const STATUS_INTERVAL = 60_000;

/** Whether the last calls to the API got no response. */
export function useApiUnreachable(): boolean {
  const queries = useQueryClient();
  const [unreachable, setAway] = useState(false);
  useEffect(() => {
    const cache = queries.getQueryCache();
    const look = () => setAway(cache.getAll().some(({ state }) => isUnreachable(state.error)));
    look();
    return cache.subscribe(look);
  }, [queries]);
  return unreachable;
}

/**
 * Show that the API or the network is unreachable, and retry until it responds. Show why the API's
 * database fails.
 */
export function ConnectionNotice() {
  const queries = useQueryClient();
  const unreachable = useApiUnreachable();
  const { error } = useStatus(STATUS_INTERVAL);

  useEffect(() => {
    if (!unreachable) {
      return undefined;
    }
    const again = () =>
      queries.refetchQueries({
        type: "active",
        predicate: ({ state }) => isUnreachable(state.error),
      });
    const timer = setInterval(again, RETRY_INTERVAL);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [unreachable, queries]);

  if (error instanceof ApiError && !error.unreachable) {
    return <Notice kind="danger">{error.message}</Notice>;
  }
  return unreachable ? (
    <Notice kind="warn">
      {navigator.onLine
        ? "The API does not respond. Retrying. The data shown may be out of date."
        : "You are offline. The data shown may be out of date."}
    </Notice>
  ) : null;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && error.unreachable;
}
