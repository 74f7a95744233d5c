import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { allPages, dataOf, wholePages } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type RateLimit = components["schemas"]["RateLimitView"];

export const RATE_LIMITS = ["rate-limits"];

/** A limit of the user's own. */
export interface Policy {
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

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

/** Sets the user's own limit of an API. Rejects with ApiError. */
export function useSetPolicy() {
  const { api } = useServices();
  const renew = useRenew();
  return useMutation({
    mutationFn: ({ api_name, limit, window }: Policy & { api_name: string }) =>
      dataOf(
        api.PUT("/api/rate-limits/{api_name}", {
          params: { path: { api_name } },
          body: { limit, window },
        }),
      ),
    onSettled: renew,
  });
}

/** Removes the user's own limit of an API. Rejects with ApiError. */
export function useRemovePolicy() {
  const { api } = useServices();
  const renew = useRenew();
  return useMutation({
    mutationFn: (api_name: string) =>
      dataOf(api.DELETE("/api/rate-limits/{api_name}", { params: { path: { api_name } } })),
    onSettled: renew,
  });
}

function useRenew(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: RATE_LIMITS });
}
