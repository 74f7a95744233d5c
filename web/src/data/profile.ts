import { useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Profile = components["schemas"]["Profile"];

/** The profile of the signed-in user. */
export function useProfile() {
  const { api } = useServices();
  return useQuery({
    queryKey: ["profile"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => unwrap(api.GET("/api/me", { signal })),
  });
}
