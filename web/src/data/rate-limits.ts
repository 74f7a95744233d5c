import { useQuery } from "@tanstack/preact-query";
import { allPages, dataOf, wholePages } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type RateLimit = components["schemas"]["RateLimitView"];
export type Reservation = components["schemas"]["UsedReservation"];

export const RATE_LIMITS = ["rate-limits"];

/** The limits of all APIs that have one; `every` milliseconds read again while in sight. */
export function useRateLimits(every: number | false = false) {
  const { api } = useServices();
  return useQuery({
    queryKey: RATE_LIMITS,
    refetchInterval: every,
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        dataOf(api.GET("/api/rate-limits", { params: { query: wholePages(cursor) }, signal })),
      ),
  });
}
