import { useQuery } from "@tanstack/preact-query";
import { dataOf } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type LoggedRequest = components["schemas"]["RequestView"];

// As many as are looked through for when an API was last used.
const LATEST = 40;

/** The latest requests, newest first, read again every `every` milliseconds while in sight. */
export function useLatestRequests(every: (latest: readonly LoggedRequest[]) => number) {
  const { api } = useServices();
  return useQuery<LoggedRequest[]>({
    queryKey: ["requests", "latest"],
    refetchInterval: (query) => every(query.state.data ?? []),
    queryFn: async ({ signal }) => {
      const page = await dataOf(
        api.GET("/api/requests", { params: { query: { limit: LATEST } }, signal }),
      );
      return page.items;
    },
  });
}
