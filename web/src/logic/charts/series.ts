import { columnStarts, type Period } from "./period";

export interface Latency {
  readonly p50: number | null;
  readonly p95: number | null;
}

/** As much of the API's counts as is shown. */
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

/** The numbers of one column: an hour or a day, of all APIs or of one. */
export interface Column {
  readonly start: number;
  readonly requests: number;
  readonly errors: number;
  /** Refused by a limit of the user's or the token's; a part of the errors, not of `client`. */
  readonly refused: number;
  /** Refused in rehearsal; a part of the errors, not of `client`. */
  readonly simulated: number;
  /** Answers of 4xx but for the refused and the rehearsed. */
  readonly client: number;
  /** Answers of 5xx. */
  readonly server: number;
}

/** A column for each hour or day of the period; nothing recorded is 0. */
export function toColumns(points: readonly Point[], period: Period, api?: string): Column[] {
  const sums = new Map<number, Column>();
  for (const { start, api_name, counts } of points) {
    if (api === undefined || api === api_name) {
      sums.set(start, add(sums.get(start) ?? empty(start), counts));
    }
  }
  return columnStarts(period).map((start) => sums.get(start) ?? empty(start));
}

/** A percentile of one API for each hour or day; null where nothing was answered. */
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
