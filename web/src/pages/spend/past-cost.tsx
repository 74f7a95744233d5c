import { Money } from "../../components/money";
import { useSpend } from "../../data/spend";
import { pluralize } from "../../logic/format/numbers";
import { budgetPreview } from "../../logic/spend/budget-preview";
import type { BudgetPeriod, BudgetState } from "../../logic/spend/budgets";
import { addDays, localDate } from "../../logic/spend/days";

/** What a budget would have rejected in the last 30 days. */
export function PastCost({
  scope,
  period,
  amount,
}: {
  scope: BudgetState["scope"];
  period: BudgetPeriod;
  amount: number;
}) {
  const today = localDate(Date.now());
  const past = useSpend({
    start: addDays(today, -29),
    end: today,
    api_name: scope.api_name ?? undefined,
    token_id: scope.token_id ?? undefined,
  });
  if (past.data === undefined || past.isPlaceholderData) {
    return null;
  }
  const { total_usd, rejected_usd, periods } = budgetPreview(past.data.series, period, amount);
  return (
    <p class="small" role="status">
      In the last 30 days these calls cost <Money usd={total_usd} />.{" "}
      {rejected_usd === 0 ? (
        "This budget would have rejected none of them."
      ) : (
        <>
          This budget would have rejected calls of <Money usd={rejected_usd} />
          {(period === "day" || period === "week") && `, in ${pluralize(periods, period)}`}.
        </>
      )}
    </p>
  );
}
