import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { localTimeZone } from "../logic/spend/days";
import { useServices } from "../services";

export type Spend = components["schemas"]["Spend"];
export type Budget = components["schemas"]["BudgetView"];

/** The prefix of the query keys of everything that calls change: spend and budgets. */
export const SPEND = ["spend"];
const BUDGETS = [...SPEND, "budgets"];

/** The `token_id` of calls with a dashboard session. */
export const NO_TOKEN = "-";

/** Whose spend is wanted: days such as "2026-11-30" in the user's time zone, both included. */
export interface SpendQuery {
  readonly start: string;
  readonly end: string;
  readonly api_name?: string | undefined;
  readonly token_id?: string | undefined;
}

/**
 * Spend in a range of days, fetched again every `every` milliseconds. The previous data stays
 * visible while another range loads.
 */
export function useSpend(query: SpendQuery, every: number | false = false) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...SPEND, query],
    placeholderData: keepPreviousData,
    refetchInterval: every,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/spend", { params: { query: parameters(query) }, signal })),
  });
}

/** All budgets with what is spent of them, fetched again every `every` milliseconds. */
export function useBudgets(every: number | false = false) {
  const { api } = useServices();
  return useQuery({
    queryKey: BUDGETS,
    refetchInterval: every,
    queryFn: async ({ signal }) => (await unwrap(api.GET("/api/budgets", { signal }))).items,
  });
}

/** Return a function that fetches spend as CSV. Rejects with ApiError. */
export function useSpendExport(): (query: SpendQuery) => Promise<Blob> {
  const { api } = useServices();
  return async (query) =>
    unwrap<Blob>(
      api.GET("/api/spend.csv", { params: { query: parameters(query) }, parseAs: "blob" }),
    );
}

function parameters({ start, end, api_name, token_id }: SpendQuery) {
  return {
    time_zone: localTimeZone(),
    start,
    end,
    ...(api_name === undefined ? {} : { api_name }),
    ...(token_id === undefined ? {} : { token_id }),
  };
}
