import { useQuery } from "@tanstack/preact-query";
import { fetchAllPages, pageQuery, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

type Agent = components["schemas"]["AgentView"];

const NONE: readonly Agent[] = [];

/** The agents and editors that can call APIs; empty until they are loaded. */
export function useAgents(): readonly Agent[] {
  const { api } = useServices();
  const result = useQuery({
    queryKey: ["agents"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/agents", { params: { query: pageQuery(cursor) }, signal })),
      ),
  });
  return result.data ?? NONE;
}
