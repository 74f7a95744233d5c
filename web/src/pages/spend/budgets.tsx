import { Plus } from "lucide-preact";
import { Badge } from "../../components/badge";
import { BudgetBadge } from "../../components/budget-badge";
import { Button } from "../../components/button";
import { Money } from "../../components/money";
import { BudgetState } from "../../components/spend-summary";
import { QueryState, type QueryResult } from "../../components/query-state";
import { hrefWith, useQueryParams } from "../../components/query-params";
import { type Budget, NO_TOKEN } from "../../data/spend";
import { pluralize } from "../../logic/format/numbers";
import { spendPath } from "../../logic/navigation/routes";
import { appliedBudgets } from "../../logic/spend/budget-scopes";
import { periodText, scopeText, sortBudgets } from "../../logic/spend/budgets";

interface Filter {
  readonly api: string | undefined;
  readonly token: string | undefined;
}

/** The budgets that apply to the shown calls: what is spent of each, and when it resets. */
export function Budgets({ query, filter }: { query: QueryResult<Budget[]>; filter: Filter }) {
  const { setQuery } = useQueryParams();
  const { api, token } = filter;
  const scope =
    token !== undefined && token !== NO_TOKEN
      ? `token:${token}`
      : api !== undefined
        ? `api:${api}`
        : undefined;
  return (
    <section class="panel" aria-labelledby="budgets">
      <header>
        <h2 id="budgets">Budgets</h2>
        <Button size="small" onClick={() => setQuery({ budget: "new", scope }, true)}>
          <Plus size={15} aria-hidden="true" /> Create budget
        </Button>
      </header>
      <QueryState query={query}>
        {(all) => {
          const shown = sortBudgets(appliedBudgets(all, filter));
          return (
            <>
              {shown.length === 0 && (
                <p class="panel-body muted">
                  {all.length > 0
                    ? "No budget applies to these calls."
                    : "No budgets yet. A call that would exceed a budget is rejected before it reaches the API, however many calls run at once."}
                </p>
              )}
              <ul class="budgets">
                {shown.map((budget) => (
                  <BudgetRow key={budget.budget_id} budget={budget} />
                ))}
              </ul>
              {shown.length < all.length && (
                <p class="panel-body small">
                  <a href={spendPath()}>View all {pluralize(all.length, "budget")}</a>
                </p>
              )}
            </>
          );
        }}
      </QueryState>
    </section>
  );
}

function BudgetRow({ budget }: { budget: Budget }) {
  const name = `${scopeText(budget)} ${periodText(budget.period)}`;
  const rejected = budget.last_month?.rejected_calls ?? 0;
  return (
    <li>
      <div class="budget-name">
        <span class="break">
          <b>{scopeText(budget)}</b> <span class="muted">{periodText(budget.period)}</span>
        </span>
        <BudgetBadge budget={budget} />
        {budget.scope.type === "token" && budget.scope.name === null && (
          <Badge>Revoked token</Badge>
        )}
      </div>
      <div>
        <BudgetState budget={budget} />
        {budget.last_month !== null && (
          <p class="muted small">
            {rejected === 0 ? (
              "Would have rejected no call in the last 30 days."
            ) : (
              <>
                Would have rejected about {pluralize(rejected, "call")} (
                <Money usd={budget.last_month.rejected_usd} />) in the last 30 days.
              </>
            )}
          </p>
        )}
      </div>
      <div class="actions">
        <a
          class="button small"
          href={hrefWith({ budget: budget.budget_id })}
          aria-label={`Change budget: ${name}`}
        >
          Change
        </a>
        <a
          class="button small"
          href={hrefWith({ remove: budget.budget_id })}
          aria-label={`Remove budget: ${name}`}
        >
          Remove
        </a>
      </div>
    </li>
  );
}
