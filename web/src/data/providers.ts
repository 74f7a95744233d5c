import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Provider = components["schemas"]["ProviderView"];

/** The whole catalogue without the code for SDKs, fetched if `wanted`. It changes only with a new server version. */
export function useProviders(wanted = true) {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["providers"],
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(
          publicApi.GET("/api/providers", {
            params: { query: { ...pageQuery(cursor), sdks: false } },
            signal,
          }),
        ),
      ),
  });
}

/** One provider with the code for its SDKs, fetched if there is a slug. */
export function useProvider(slug: string | null | undefined) {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["providers", slug],
    enabled: slug !== undefined && slug !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => {
      const path = { slug: slug ?? "" };
      return unwrap(publicApi.GET("/api/providers/{slug}", { params: { path }, signal }));
    },
  });
}
