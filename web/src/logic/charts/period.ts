const HOUR = 3_600;
const DAY = 86_400;

/** The longest periods that the API accepts. */
const MAX_HOURS = 31 * 24;
const MAX_DAYS = 400;
// Longer custom periods are shown by day.
const MAX_HOURLY_LENGTH = 8 * DAY;

export const PERIODS = [
  ["6h", "6 h", 6 * HOUR],
  ["24h", "24 h", DAY],
  ["7d", "7 d", 7 * DAY],
  ["30d", "30 d", 30 * DAY],
] as const;

export type PeriodName = (typeof PERIODS)[number][0] | "custom";

/** A range of whole hours or days (UTC), like the statistics. Epoch seconds. */
export interface Period {
  readonly name: PeriodName;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Seconds in one column: an hour or a day. */
  readonly step: number;
}

/** The query parameters that describe a period. */
export interface PeriodQuery {
  readonly period?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Parse the period in a URL; the last 24 hours if it is missing or invalid. */
export function parsePeriod(query: PeriodQuery, now: number): Period {
  const own = customPeriod(query.from, query.to);
  if (own !== null) {
    return own;
  }
  const [name, , length] = PERIODS.find(([known]) => known === query.period) ?? PERIODS[1];
  const step = length > MAX_HOURLY_LENGTH ? DAY : HOUR;
  const end = (Math.floor(now / step) + 1) * step;
  return { name, start: end - length, end, step };
}

/** Parse a custom period between two times in epoch seconds; null if it is invalid. */
export function customPeriod(from: string | undefined, to: string | undefined): Period | null {
  const first = parseTime(from);
  const last = parseTime(to);
  if (first === null || last === null || last <= first) {
    return null;
  }
  const step = last - first > MAX_HOURLY_LENGTH ? DAY : HOUR;
  const start = Math.floor(first / step) * step;
  const end = Math.ceil(last / step) * step;
  const steps = (end - start) / step;
  return steps > (step === HOUR ? MAX_HOURS : MAX_DAYS)
    ? null
    : { name: "custom", start, end, step };
}

/** The query parameters for a custom period between two times in epoch seconds. */
export function periodQuery(
  from: number,
  to: number,
): { period: undefined; from: string; to: string } {
  return { period: undefined, from: String(Math.floor(from)), to: String(Math.ceil(to)) };
}

/** The period of the same length that ends where this one starts. */
export function precedingPeriod(period: Period): Period {
  return { ...period, start: 2 * period.start - period.end, end: period.start };
}

/** The start times of a period's columns. */
export function columnStarts({ start, end, step }: Period): number[] {
  return Array.from({ length: Math.round((end - start) / step) }, (_, n) => start + n * step);
}

/** Format an hour for an `<input type=datetime-local>`, in local time. */
export function toLocalHour(at: number): string {
  const local = new Date(at * 1000 - new Date(at * 1000).getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, 13)}:00`;
}

function parseTime(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}
