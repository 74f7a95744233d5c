import type { Line } from "../charts/chart-data";

interface SpendPoint {
  readonly date: string;
  readonly api_name: string;
  readonly cost_usd: number;
}

// The number of chart colours.
const MAX_LINES = 4;
const TONES = [1, 3, 4, 2] as const;
const NANO = 1e9;

/**
 * One line for each API with its cost on each of the dates, the most expensive first; the rest is
 * one line. Values are in billionths of a dollar, so that their sums are exact.
 */
export function spendLines(series: readonly SpendPoint[], dates: readonly string[]): Line[] {
  const columns = new Map(dates.map((date, column) => [date, column]));
  const byApi = new Map<string, number[]>();
  for (const { date, api_name, cost_usd } of series) {
    const column = columns.get(date);
    if (column !== undefined && cost_usd > 0) {
      const values = byApi.get(api_name) ?? Array<number>(dates.length).fill(0);
      values[column] = (values[column] ?? 0) + Math.round(cost_usd * NANO);
      byApi.set(api_name, values);
    }
  }
  const apis = [...byApi].sort(([, a], [, b]) => sum(b) - sum(a));
  const shown = apis.slice(0, apis.length > MAX_LINES ? MAX_LINES - 1 : MAX_LINES);
  const rest = apis.slice(shown.length).map(([, values]) => values);
  if (rest.length > 0) {
    const total = dates.map((_, column) => sum(rest.map((values) => values[column] ?? 0)));
    shown.push([`${rest.length} other APIs`, total]);
  }
  return shown.map(([name, values], position) => ({ name, values, tone: TONES[position] ?? 1 }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
