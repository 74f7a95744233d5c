import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { keyPollInterval } from "../logic/keys/poll-interval";
import { useServices } from "../services";

export type Key = components["schemas"]["KeyView"];
export type CheckResult = components["schemas"]["CheckResult"];

/** The query key of the stored keys. */
export const KEYS = ["keys"];

/**
 * All stored keys. With `live`, they are fetched again regularly, and as soon as one is ready
 * again.
 */
export function useKeys(live = false) {
  const { api } = useServices();
  return useQuery<Key[]>({
    queryKey: KEYS,
    refetchInterval: (query) =>
      live ? keyPollInterval(query.state.data ?? [], Date.now() / 1000) : false,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/keys", { params: { query: pageQuery(cursor) }, signal })),
      ),
  });
}
