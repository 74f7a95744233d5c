import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import { useServices } from "../services";

/** Whether the API responds, and how users sign up. Read again every `interval` milliseconds. */
export function useStatus(interval: number | false = false) {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["status"],
    refetchInterval: interval,
    queryFn: ({ signal }) => unwrap(publicApi.GET("/api/status", { signal })),
  });
}
