import { useQuery } from "@tanstack/preact-query";
import { dataOf } from "../api/client";
import { useServices } from "../services";

/** Whether the API answers, and how people may sign up. */
export function useStatus() {
  const { open } = useServices();
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => dataOf(open.GET("/api/status", { signal })),
  });
}
