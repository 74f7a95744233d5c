import { columnStarts, type Period } from "./period";

export interface Latency {
  readonly p50: number | null;
  readonly p95: number | null;
}

/** The counts of the API that charts show. */
export interface Counts {
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly rehearsed: number;
  readonly status_4xx: number;
  readonly status_5xx: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly latency: Latency;
}

export interface Point {
  readonly start: number;
  readonly api_name: string;
  readonly counts: Counts;
}

/** The counts of one hour or day, for all APIs or for one. */
export interface Column {
  readonly start: number;
  readonly requests: number;
  readonly errors: number;
  /** Rejected by a policy or a token's limit. Part of `errors`, not of `client`. */
  readonly refused: number;
  /** Rejected by simulated rate limiting. Part of `errors`, not of `client`. */
  readonly simulated: number;
  /** Responses with a 4xx status, without the rejected and simulated ones. */
  readonly client: number;
  /** Responses with a 5xx status. */
  readonly server: number;
}

/** One column for each hour or day of the period; 0 where nothing was recorded. */
export function toColumns(points: readonly Point[], period: Period, api?: string): Column[] {
  const sums = new Map<number, Column>();
  for (const { start, api_name, counts } of points) {
    if (api === undefined || api === api_name) {
      sums.set(start, add(sums.get(start) ?? empty(start), counts));
    }
  }
  return columnStarts(period).map((start) => sums.get(start) ?? empty(start));
}

/** A latency percentile of one API for each hour or day; null without responses. */
export function latencySeries(
  points: readonly Point[],
  period: Period,
  api: string,
  percentile: keyof Latency,
): (number | null)[] {
  const known = new Map(
    points
      .filter((point) => point.api_name === api)
      .map((point) => [point.start, point.counts.latency[percentile]] as const),
  );
  return columnStarts(period).map((start) => known.get(start) ?? null);
}

/** The APIs with the most requests, most first. */
export function busiestApis(
  apis: readonly { readonly api_name: string; readonly counts: { readonly requests: number } }[],
  count: number,
): string[] {
  return [...apis]
    .sort((a, b) => b.counts.requests - a.counts.requests)
    .slice(0, count)
    .map((api) => api.api_name);
}

function add(column: Column, counts: Counts): Column {
  const refused = Math.min(counts.refused, counts.status_4xx);
  const rehearsed = Math.min(counts.rehearsed, counts.status_4xx - refused);
  return {
    start: column.start,
    requests: column.requests + counts.requests,
    errors: column.errors + counts.errors,
    refused: column.refused + refused,
    simulated: column.simulated + rehearsed,
    client: column.client + counts.status_4xx - refused - rehearsed,
    server: column.server + counts.status_5xx,
  };
}

function empty(start: number): Column {
  return { start, requests: 0, errors: 0, refused: 0, simulated: 0, client: 0, server: 0 };
}
