import { money } from "../format/money";

export type BudgetPeriod = "day" | "week" | "month" | "total";

/** The part of a budget that its display needs. Amounts in US dollars. */
export interface BudgetState {
  readonly scope: {
    readonly type: "account" | "api" | "token";
    readonly api_name?: string | null;
    readonly token_id?: string | null;
    readonly name?: string | null;
  };
  readonly period: BudgetPeriod;
  readonly amount_usd: number;
  readonly spent_usd: number;
  readonly reserved_usd: number;
}

const SCOPES = ["account", "api", "token"];
const PERIOD_ORDER: readonly BudgetPeriod[] = ["day", "week", "month", "total"];

/** "per day", "in all". */
export function periodText(period: BudgetPeriod): string {
  return period === "total" ? "in all" : `per ${period}`;
}

/** "$5.00 per day". */
export function amountText({ amount_usd, period }: BudgetState): string {
  return `${money(amount_usd)} ${periodText(period)}`;
}

/** What a budget limits: "All APIs", "openai", "Token night report". */
export function scopeText({ scope }: Pick<BudgetState, "scope">): string {
  if (scope.type === "account") {
    return "All APIs";
  }
  return scope.type === "api"
    ? (scope.api_name ?? "")
    : `Token ${scope.name ?? scope.token_id ?? ""}`;
}

/** How much of a budget is spent: none of it left, 80 %, 50 % or less. */
export type BudgetLevel = "used-up" | "high" | "half" | "fine";

/** The level of a budget, at the same shares as the warnings in the server's log. */
export function budgetLevel({ spent_usd, amount_usd }: BudgetState): BudgetLevel {
  if (spent_usd >= amount_usd) {
    return "used-up";
  }
  const share = spent_usd / amount_usd;
  return share >= 0.8 ? "high" : share >= 0.5 ? "half" : "fine";
}

/** The shares of a budget's bar, from 0 to 1; together at most 1. */
export function barShares({ spent_usd, reserved_usd, amount_usd }: BudgetState): {
  spent: number;
  reserved: number;
} {
  if (amount_usd <= 0) {
    return { spent: 1, reserved: 0 };
  }
  const spent = Math.min(spent_usd / amount_usd, 1);
  return { spent, reserved: Math.min(reserved_usd / amount_usd, 1 - spent) };
}

/** Budgets by scope, then name, then the length of their period. */
export function sortBudgets<B extends BudgetState>(budgets: readonly B[]): B[] {
  const order = (one: B) => SCOPES.indexOf(one.scope.type);
  return [...budgets].sort(
    (a, b) =>
      order(a) - order(b) ||
      scopeText(a).localeCompare(scopeText(b)) ||
      PERIOD_ORDER.indexOf(a.period) - PERIOD_ORDER.indexOf(b.period),
  );
}
