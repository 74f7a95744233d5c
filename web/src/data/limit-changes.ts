import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { RateLimitPolicy } from "../logic/limits/limit-effect";
import type { ReservationSize } from "../logic/limits/reservations";
import { useServices } from "../services";
import { RATE_LIMITS } from "./rate-limits";

/** Set the policy of an API. Rejects with ApiError. */
export function useSetPolicy() {
  const { api } = useServices();
  const renew = useInvalidateLimits();
  return useMutation({
    mutationFn: ({ api_name, limit, window }: RateLimitPolicy & { api_name: string }) =>
      unwrap(
        api.PUT("/api/rate-limits/{api_name}", {
          params: { path: { api_name } },
          body: { limit, window },
        }),
      ),
    onSettled: renew,
  });
}

/** Remove the policy of an API. Rejects with ApiError. */
export function useRemovePolicy() {
  const { api } = useServices();
  const renew = useInvalidateLimits();
  return useMutation({
    mutationFn: (api_name: string) =>
      unwrap(api.DELETE("/api/rate-limits/{api_name}", { params: { path: { api_name } } })),
    onSettled: renew,
  });
}

/** A token's reservation for an API. */
interface ReservationPath {
  readonly api_name: string;
  readonly token_id: string;
}

/** Reserve part of a policy for a token, or change the reservation. Rejects with ApiError. */
export function useReserve() {
  const { api } = useServices();
  const renew = useInvalidateLimits();
  return useMutation({
    mutationFn: ({ wanted, ...path }: ReservationPath & { wanted: ReservationSize }) =>
      unwrap(
        api.PUT("/api/rate-limits/{api_name}/reservations/{token_id}", {
          params: { path },
          body: { amount: null, share: null, ...wanted },
        }),
      ),
    onSettled: renew,
  });
}

/** Remove a reservation. Rejects with ApiError. */
export function useRemoveReservation() {
  const { api } = useServices();
  const renew = useInvalidateLimits();
  return useMutation({
    mutationFn: (path: ReservationPath) =>
      unwrap(
        api.DELETE("/api/rate-limits/{api_name}/reservations/{token_id}", { params: { path } }),
      ),
    onSettled: renew,
  });
}

/** Invalidate the rate limits and the tokens, which show their reservations. */
function useInvalidateLimits(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: ["tokens"] });
    await queries.invalidateQueries({ queryKey: RATE_LIMITS });
  };
}
