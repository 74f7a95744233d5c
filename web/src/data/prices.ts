import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { SPEND } from "./spend";

export type Prices = components["schemas"]["PricesView"];
export type SetPrices = components["schemas"]["SetPrices"];

const PRICES = ["prices"];

/** Which APIs have prices. */
export function usePricedApis() {
  const { api } = useServices();
  return useQuery({
    queryKey: PRICES,
    queryFn: ({ signal }) => unwrap(api.GET("/api/prices", { signal })),
  });
}

/** The user's own prices and settings of an API. */
export function usePrices(api_name: string) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...PRICES, api_name],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/prices/{api_name}", { params: { path: { api_name } }, signal })),
  });
}

/** The models of an API that match a search, with the prices that apply. */
export function useModelPrices(api_name: string, search: string) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...PRICES, api_name, "models", search],
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/prices/{api_name}/models", {
          params: { path: { api_name }, query: search === "" ? {} : { search } },
          signal,
        }),
      ),
  });
}

/** Replace an API's own prices and settings, from its next call on. Rejects with ApiError. */
export function useSetPrices() {
  const { api } = useServices();
  const renew = useInvalidatePrices();
  return useMutation({
    mutationFn: ({ api_name, ...body }: SetPrices & { api_name: string }) =>
      unwrap(api.PUT("/api/prices/{api_name}", { params: { path: { api_name } }, body })),
    onSettled: renew,
  });
}

/** Remove an API's own prices and settings. Rejects with ApiError. */
export function useRemovePrices() {
  const { api } = useServices();
  const renew = useInvalidatePrices();
  return useMutation({
    mutationFn: (api_name: string) =>
      unwrap(api.DELETE("/api/prices/{api_name}", { params: { path: { api_name } } })),
    onSettled: renew,
  });
}

function useInvalidatePrices(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: SPEND });
    await queries.invalidateQueries({ queryKey: PRICES });
  };
}
