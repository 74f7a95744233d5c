import { useQueryClient } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/problem";
import { Notice } from "./notice";

// Milliseconds between two tries while the API does not answer.
const AGAIN = 3_000;

/** Whether something was asked of the API in vain, and nothing has been answered since. */
export function useAway(): boolean {
  const queries = useQueryClient();
  const [away, setAway] = useState(false);
  useEffect(() => {
    const cache = queries.getQueryCache();
    const look = () => setAway(cache.getAll().some(({ state }) => isAway(state.error)));
    look();
    return cache.subscribe(look);
  }, [queries]);
  return away;
}

/** Says that the API or the network is away, asks again by itself, and says no more when it is back. */
export function Connection() {
  const queries = useQueryClient();
  const away = useAway();

  useEffect(() => {
    if (!away) {
      return undefined;
    }
    const again = () =>
      queries.refetchQueries({ type: "active", predicate: ({ state }) => isAway(state.error) });
    const timer = setInterval(again, AGAIN);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [away, queries]);

  return away ? (
    <Notice kind="warn">
      {navigator.onLine
        ? "The API does not answer. Trying again; what you see may be out of date."
        : "You are offline. What you see may be out of date."}
    </Notice>
  ) : null;
}

function isAway(error: unknown): boolean {
  return error instanceof ApiError && error.unreachable;
}
