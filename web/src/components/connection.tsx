import { useQueryClient } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/problem";
import { Notice } from "./notice";

// Milliseconds between two tries while the API does not answer.
const RETRY_INTERVAL = 3_000;

/** Whether something was asked of the API in vain, and nothing has been answered since. */
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

/** Says that the API or the network is away, asks again by itself, and says no more when it is back. */
export function ConnectionNotice() {
  const queries = useQueryClient();
  const unreachable = useApiUnreachable();

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

  return unreachable ? (
    <Notice kind="warn">
      {navigator.onLine
        ? "The API does not answer. Trying again; what you see may be out of date."
        : "You are offline. What you see may be out of date."}
    </Notice>
  ) : null;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && error.unreachable;
}
