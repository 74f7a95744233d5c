import { addDays, monthRange, type SpendRange } from "./days";

/** The query parameters that describe a range. */
export interface RangeQuery {
  readonly month?: string | undefined;
  readonly range?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

// Days. Spend is kept this long.
const KEPT = 400;
const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

/** The months for which spend is kept, the current one first: "2026-11", "November 2026". */
export function keptMonths(today: string): (readonly [month: string, text: string])[] {
  const oldest = addDays(today, -KEPT).slice(0, 7);
  const months: (readonly [string, string])[] = [];
  let month = today.slice(0, 7);
  while (month >= oldest) {
    months.push([month, MONTH.format(Date.parse(`${month}-01`))]);
    month = addDays(`${month}-01`, -1).slice(0, 7);
  }
  return months;
}

/** Parse the range in a URL; the current month if it is missing or invalid. */
export function parseRange(query: RangeQuery, today: string): SpendRange {
  const { from, to, range, month } = query;
  if (isDate(from) && isDate(to) && from <= to && rangeError(from, to, today) === undefined) {
    return { name: "custom", start: from, end: to };
  }
  if (range === "7d" || range === "30d") {
    return { name: range, start: addDays(today, range === "7d" ? -6 : -29), end: today };
  }
  const known = keptMonths(today).some(([kept]) => kept === month);
  return monthRange(month !== undefined && known ? month : today.slice(0, 7), today);
}

/** Why two dates are no range that can be shown, as a sentence. */
export function rangeError(from: string, to: string, today: string): string | undefined {
  if (!isDate(from) || !isDate(to)) {
    return "Enter a date.";
  }
  if (to < from) {
    return "Choose a day on or after the first.";
  }
  return from < addDays(today, 1 - KEPT) ? `Spend is kept for ${KEPT} days.` : undefined;
}

function isDate(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** The time zones that the browser knows. */
export function timeZones(): readonly string[] {
  return Intl.supportedValuesOf("timeZone");
}

/** Whether the browser knows a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
