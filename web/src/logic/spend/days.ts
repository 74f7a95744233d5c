const DAY = 86_400_000;

/** A range of calendar days in the user's time zone, both as "2026-11-30" and both included. */
export interface SpendRange {
  readonly name: "month" | "7d" | "30d" | "custom";
  readonly start: string;
  readonly end: string;
}

/** The IANA name of the browser's time zone, in which days begin. */
export function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The local date of a time (milliseconds since the epoch). */
export function localDate(now: number): string {
  const local = new Date(now);
  const parts = [local.getFullYear(), local.getMonth() + 1, local.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** A date some days later or, with a negative number, earlier. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
}

/** The start of a date in UTC, for charts whose columns are named in UTC; epoch seconds. */
export function dateStart(date: string): number {
  return Date.parse(date) / 1_000;
}

/** The dates of a range. */
export function datesOf({ start, end }: SpendRange): string[] {
  const count = Math.round((Date.parse(end) - Date.parse(start)) / DAY) + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, day) => addDays(start, day));
}

/** The month of a date with its last day, or until `today` if it has not ended. */
export function monthRange(month: string, today: string): SpendRange {
  const start = `${month}-01`;
  const last = addDays(`${addDays(start, 31).slice(0, 7)}-01`, -1);
  return { name: "month", start, end: last < today ? last : today };
}
