import { useBudgets, useSpend, type Budget } from "../data/spend";
import { pluralize } from "../logic/format/numbers";
import { formatMinute } from "../logic/format/time";
import { newBudgetPath, spendPath } from "../logic/navigation/routes";
import { barShares, budgetLevel, periodText, scopeText, sortBudgets } from "../logic/spend/budgets";
import { localDate, localTimeZone, monthRange } from "../logic/spend/days";
import { BudgetBadge } from "./budget-badge";
import { Money } from "./money";
import { QueryState } from "./query-state";
import { Countdown } from "./time";
import "./budget.css";

/** What an API or a token cost this month, and its budgets. */
export default function SpendSummary({ api, token }: { api?: string; token?: string }) {
  const today = localDate(Date.now());
  const { start, end } = monthRange(today.slice(0, 7), today);
  const spend = useSpend({ start, end, api_name: api, token_id: token });
  const budgets = useBudgets();
  const own = (budgets.data ?? []).filter(({ scope }) =>
    api === undefined ? scope.token_id === token : scope.api_name === api,
  );
  return (
    <>
      <QueryState query={spend} rows={1}>
        {({ month_usd, today_usd, unknown_calls, apis }) =>
          month_usd === 0 && !apis.some(({ is_priced }) => is_priced) && unknown_calls === 0 ? (
            <p class="muted">No call this month has a price.</p>
          ) : (
            <p class="numbers">
              <b>
                <Money usd={month_usd} />
              </b>{" "}
              this month, <Money usd={today_usd} /> today
              {unknown_calls > 0 && (
                <span class="muted">
                  , and {pluralize(unknown_calls, "call")} with an unknown cost
                </span>
              )}
            </p>
          )
        }
      </QueryState>
      {own.length > 0 && (
        <ul class="stack tight">
          {sortBudgets(own).map((budget) => (
            <li key={budget.budget_id}>
              <span class="hidden-visually">Budget of {scopeText(budget)}: </span>
              <BudgetBadge budget={budget} />
              <BudgetState budget={budget} />
            </li>
          ))}
        </ul>
      )}
      <p class="row">
        <a href={spendPath({ ...(api && { api }), ...(token && { token }) })}>View spend</a>
        <a href={newBudgetPath(api === undefined ? `token:${token ?? ""}` : `api:${api}`)}>
          Create budget
        </a>
      </p>
    </>
  );
}

/** What is spent, reserved and left of a budget, and when it starts again. */
export function BudgetState({ budget }: { budget: Budget }) {
  const { spent, reserved } = barShares(budget);
  return (
    <div class="budget-state">
      <div class="budget-line numbers">
        <span>
          <b>
            <Money usd={budget.spent_usd} />
          </b>{" "}
          of <Money usd={budget.amount_usd} /> {periodText(budget.period)}
        </span>
        <span class="muted">
          <Money usd={budget.remaining_usd} /> left
        </span>
      </div>
      <div class={`budget-bar ${budgetLevel(budget)}`} aria-hidden="true">
        <span class="spent" style={{ width: `${spent * 100}%` }} />
        <span class="reserved" style={{ width: `${reserved * 100}%` }} />
      </div>
      <p class="budget-line muted small">
        {budget.reset_at === null ? (
          <span>Does not reset</span>
        ) : (
          <span>
            Resets on {formatMinute(budget.reset_at)}, in{" "}
            <Countdown to={budget.reset_at} past="a moment" />
            {budget.time_zone !== localTimeZone() && ` (midnight in ${budget.time_zone})`}
          </span>
        )}
        {budget.reserved_usd > 0 && (
          <span>
            <Money usd={budget.reserved_usd} /> reserved for calls in progress
          </span>
        )}
      </p>
    </div>
  );
}
