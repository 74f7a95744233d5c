import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Provider = components["schemas"]["ProviderView"];

/** The whole catalogue, fetched if `wanted`. It changes only with a new server version. */
export function useProviders(wanted = true) {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["providers"],
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(publicApi.GET("/api/providers", { params: { query: pageQuery(cursor) }, signal })),
      ),
  });
}
