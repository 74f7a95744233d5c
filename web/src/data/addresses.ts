import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { ProxyAddresses } from "../logic/snippets/api-snippets";
import { useApiAddress, useServices } from "../services";

/** The URLs under which APIs are called; below the API's own URL until it has responded. */
export function useAddresses(): ProxyAddresses {
  const { api } = useServices();
  const address = useApiAddress();
  const result = useQuery({
    queryKey: ["addresses"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => unwrap(api.GET("/api/addresses", { signal })),
  });
  return result.data ?? { proxy: `${address}/proxy`, roots: {} };
}
