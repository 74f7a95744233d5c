import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { RateLimitPolicy } from "../logic/limits/limit-effect";
import type { ReservationSize } from "../logic/limits/reservations";
import { useServices } from "../services";
import { RATE_LIMITS } from "./rate-limits";

/** Sets the user's own limit of an API. Rejects with ApiError. */
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

/** Removes the user's own limit of an API. Rejects with ApiError. */
export function useRemovePolicy() {
  const { api } = useServices();
  const renew = useInvalidateLimits();
  return useMutation({
    mutationFn: (api_name: string) =>
      unwrap(api.DELETE("/api/rate-limits/{api_name}", { params: { path: { api_name } } })),
    onSettled: renew,
  });
}

/** Which token of which API. */
interface ReservationPath {
  readonly api_name: string;
  readonly token_id: string;
}

/** Keeps a part of the user's own limit for a token, or changes how much. Rejects with ApiError. */
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

/** Ends a reservation. Rejects with ApiError. */
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

/** Limits, and the tokens, which show what is reserved for them. */
function useInvalidateLimits(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: ["tokens"] });
    await queries.invalidateQueries({ queryKey: RATE_LIMITS });
  };
}
