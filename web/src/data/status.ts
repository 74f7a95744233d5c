import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import { useServices } from "../services";

/** Whether the API responds, and how users sign up. */
export function useStatus() {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => unwrap(publicApi.GET("/api/status", { signal })),
  });
}
