import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Reconciliation = components["schemas"]["ReconciliationView"];

const RECONCILIATIONS = ["reconciliations"];

/** The comparisons with providers' own figures, and the APIs that could be compared. */
export function useReconciliations() {
  const { api } = useServices();
  return useQuery({
    queryKey: RECONCILIATIONS,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/spend/reconciliations", { params: { query: { limit: 1000 } }, signal })),
  });
}

/** Compare an API with its provider. Rejects with ApiError. */
export function useSetReconciliation() {
  const { api } = useServices();
  const renew = useInvalidate();
  return useMutation({
    mutationFn: ({ api_name, admin_api_name }: { api_name: string; admin_api_name: string }) =>
      unwrap(
        api.PUT("/api/spend/reconciliations/{api_name}", {
          params: { path: { api_name } },
          body: { admin_api_name },
        }),
      ),
    onSettled: renew,
  });
}

/** Compare an API with its provider now. Rejects with ApiError. */
export function useRunReconciliation() {
  const { api } = useServices();
  const renew = useInvalidate();
  return useMutation({
    mutationFn: (api_name: string) =>
      unwrap(
        api.POST("/api/spend/reconciliations/{api_name}/run", { params: { path: { api_name } } }),
      ),
    onSettled: renew,
  });
}

/** End a comparison. Rejects with ApiError. */
export function useRemoveReconciliation() {
  const { api } = useServices();
  const renew = useInvalidate();
  return useMutation({
    mutationFn: (api_name: string) =>
      unwrap(
        api.DELETE("/api/spend/reconciliations/{api_name}", { params: { path: { api_name } } }),
      ),
    onSettled: renew,
  });
}

function useInvalidate(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: RECONCILIATIONS });
}
