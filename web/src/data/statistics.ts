import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import { type Api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Statistics = components["schemas"]["Statistics"];

/** The prefix of the query keys of all usage statistics. */
export const STATISTICS = ["statistics"];

/**
 * A range of whole hours or days in epoch seconds. `end` is exclusive, `step` is 3600 or 86400.
 */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const HOUR = 3_600;

/** Usage in a time range. The previous data stays visible while another range loads. */
export function useStatistics(stretch: TimeRange) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...STATISTICS, stretch],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => read(api, stretch, signal),
  });
}

/** Usage in a past time range, which no longer changes. */
export function usePastStatistics(stretch: TimeRange) {
  const { api } = useServices();
  return useQuery({
    queryKey: ["past-statistics", stretch],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => read(api, stretch, signal),
  });
}

function read(api: Api, { start, end, step }: TimeRange, signal: AbortSignal): Promise<Statistics> {
  const granularity = step === HOUR ? "hour" : "day";
  return unwrap(api.GET("/api/stats", { params: { query: { start, end, granularity } }, signal }));
}
