import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { dataOf } from "../api/client";
import type { Wanted } from "../logic/reservations";
import { useServices } from "../services";
import { RATE_LIMITS } from "./rate-limits";

/** A limit of the user's own. */
export interface Policy {
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
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

/** Which token of which API. */
interface Held {
  readonly api_name: string;
  readonly token_id: string;
}

/** Keeps a part of the user's own limit for a token, or changes how much. Rejects with ApiError. */
export function useReserve() {
  const { api } = useServices();
  const renew = useRenew();
  return useMutation({
    mutationFn: ({ wanted, ...path }: Held & { wanted: Wanted }) =>
      dataOf(
        api.PUT("/api/rate-limits/{api_name}/reservations/{token_id}", {
          params: { path },
          body: { amount: null, share: null, ...wanted },
        }),
      ),
    onSettled: renew,
  });
}

/** Ends a reservation. Rejects with ApiError. */
export function useRelease() {
  const { api } = useServices();
  const renew = useRenew();
  return useMutation({
    mutationFn: (path: Held) =>
      dataOf(
        api.DELETE("/api/rate-limits/{api_name}/reservations/{token_id}", { params: { path } }),
      ),
    onSettled: renew,
  });
}

/** Limits, and the tokens, which show what is reserved for them. */
function useRenew(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: ["tokens"] });
    await queries.invalidateQueries({ queryKey: RATE_LIMITS });
  };
}
