import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import { useServices } from "../services";

/** Whether the API answers, and how people may sign up. */
export function useStatus() {
  const { publicApi } = useServices();
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => unwrap(publicApi.GET("/api/status", { signal })),
  });
}
