import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { keyPollInterval } from "../logic/keys/poll-interval";
import { useServices } from "../services";

export type Key = components["schemas"]["KeyView"];
export type CheckResult = components["schemas"]["CheckResult"];

/** Where the keys are kept among the queries. */
export const KEYS = ["keys"];

/** All stored keys; `live`, they are read again while in sight, and as soon as one comes back. */
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
