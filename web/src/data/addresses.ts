import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import { type ProxyAddresses, proxyOrigin } from "../logic/snippets/api-snippets";
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

/** What a path that begins with `/proxy/` is appended to; empty if the pages share its origin. */
export function useProxyBase(): string {
  const { base } = useServices();
  const { proxy } = useAddresses();
  return base === "" ? "" : proxyOrigin(proxy);
}
