import { useQuery } from "@tanstack/preact-query";
import { dataOf } from "../api/client";
import type { components } from "../api/schema";
import { useApiAddress, useServices } from "../services";

export type Addresses = components["schemas"]["Addresses"];

/** Where APIs are called; until the API has said it, below its own address. */
export function useAddresses(): Addresses {
  const { api } = useServices();
  const address = useApiAddress();
  const said = useQuery({
    queryKey: ["addresses"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => dataOf(api.GET("/api/addresses", { signal })),
  });
  return said.data ?? { proxy: `${address}/proxy`, roots: {} };
}
