import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import { type Api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Statistics = components["schemas"]["Statistics"];

/** Every question about usage begins with this. */
export const STATISTICS = ["statistics"];

/** A stretch of whole hours or days; epoch seconds, `end` exclusive, `step` 3600 or 86400. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const HOUR = 3_600;

/** Usage in a stretch of time; while another one is read, the last one stays in sight. */
export function useStatistics(stretch: TimeRange) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...STATISTICS, stretch],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => read(api, stretch, signal),
  });
}

/** Usage in a stretch of time that is over, which changes no more. */
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
