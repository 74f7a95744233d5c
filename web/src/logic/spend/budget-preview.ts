import type { BudgetPeriod } from "./budgets";
import { addDays } from "./days";

/** What a budget would have rejected, from the cost of each day. Amounts in US dollars. */
export interface BudgetPreview {
  readonly total_usd: number;
  readonly rejected_usd: number;
  /** The number of periods with more cost than the amount. */
  readonly periods: number;
}

const NANO = 1e9;

/**
 * Compare a budget with past days. Days of the same calendar day, week or month are one period; for
 * `total`, all days are.
 */
export function budgetPreview(
  series: readonly { readonly date: string; readonly cost_usd: number }[],
  period: BudgetPeriod,
  amount_usd: number,
): BudgetPreview {
  const sums = new Map<string, number>();
  for (const { date, cost_usd } of series) {
    const name = periodOf(date, period);
    sums.set(name, (sums.get(name) ?? 0) + Math.round(cost_usd * NANO));
  }
  const amount = Math.round(amount_usd * NANO);
  const costs = [...sums.values()];
  const excesses = costs.map((cost) => cost - amount).filter((excess) => excess > 0);
  return {
    total_usd: sum(costs) / NANO,
    rejected_usd: sum(excesses) / NANO,
    periods: excesses.length,
  };
}

function periodOf(date: string, period: BudgetPeriod): string {
  switch (period) {
    case "day":
      return date;
    case "week": {
      const sinceMonday = (new Date(Date.parse(date)).getUTCDay() + 6) % 7;
      return addDays(date, -sinceMonday);
    }
    case "month":
      return date.slice(0, 7);
    case "total":
      return "";
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
