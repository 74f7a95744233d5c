import { useQuery } from "@tanstack/preact-query";
import { allPages, dataOf, wholePages } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Provider = components["schemas"]["ProviderView"];

/** The whole catalogue, where it is `wanted`; it changes only with the server. */
export function useProviders(wanted = true) {
  const { open } = useServices();
  return useQuery({
    queryKey: ["providers"],
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        dataOf(open.GET("/api/providers", { params: { query: wholePages(cursor) }, signal })),
      ),
  });
}
