import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { SPEND } from "./spend";

export type CreateBudget = components["schemas"]["CreateBudget"];
type ChangeBudget = components["schemas"]["ChangeBudget"];

/** Create a budget. Rejects with ApiError. */
export function useCreateBudget() {
  const { api } = useServices();
  const renew = useInvalidateSpend();
  return useMutation({
    mutationFn: (body: CreateBudget) => unwrap(api.POST("/api/budgets", { body })),
    onSettled: renew,
  });
}

/** Change a budget from the next call on. Rejects with ApiError. */
export function useChangeBudget() {
  const { api } = useServices();
  const renew = useInvalidateSpend();
  return useMutation({
    mutationFn: ({ budget_id, ...body }: ChangeBudget & { budget_id: string }) =>
      unwrap(api.PATCH("/api/budgets/{budget_id}", { params: { path: { budget_id } }, body })),
    onSettled: renew,
  });
}

/** Remove a budget. Rejects with ApiError. */
export function useRemoveBudget() {
  const { api } = useServices();
  const renew = useInvalidateSpend();
  return useMutation({
    mutationFn: (budget_id: string) =>
      unwrap(api.DELETE("/api/budgets/{budget_id}", { params: { path: { budget_id } } })),
    onSettled: renew,
  });
}

function useInvalidateSpend(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: SPEND });
}
