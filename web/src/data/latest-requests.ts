import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import { useServices } from "../services";
import type { LoggedRequest } from "./requests";

// Enough to find when each API was last used.
const PAGE_SIZE = 40;

/**
 * The latest requests, newest first, fetched again at the interval that `every` returns
 * (milliseconds).
 */
export function useLatestRequests(every: (latest: readonly LoggedRequest[]) => number) {
  const { api } = useServices();
  return useQuery<LoggedRequest[]>({
    queryKey: ["requests", "latest"],
    refetchInterval: (query) => every(query.state.data ?? []),
    queryFn: async ({ signal }) => {
      const page = await unwrap(
        api.GET("/api/requests", { params: { query: { limit: PAGE_SIZE } }, signal }),
      );
      return page.items;
    },
  });
}
