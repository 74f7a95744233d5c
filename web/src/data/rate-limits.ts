import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type RateLimit = components["schemas"]["RateLimitView"];

export const RATE_LIMITS = ["rate-limits"];

/** The limits of all APIs that have one, fetched again every `every` milliseconds. */
export function useRateLimits(every: number | false = false) {
  const { api } = useServices();
  return useQuery({
    queryKey: RATE_LIMITS,
    refetchInterval: every,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/rate-limits", { params: { query: pageQuery(cursor) }, signal })),
      ),
  });
}
