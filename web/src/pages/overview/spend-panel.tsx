import type { ComponentChildren } from "preact";
import { BudgetBadge } from "../../components/budget-badge";
import { Cost, Money } from "../../components/money";
import { QueryState } from "../../components/query-state";
import { SpendChart } from "../../components/spend-chart";
import { type Spend, useBudgets, useSpend } from "../../data/spend";
import { money } from "../../logic/format/money";
import { pluralize } from "../../logic/format/numbers";
import { spendPath } from "../../logic/navigation/routes";
import { amountText, budgetLevel, scopeText, sortBudgets } from "../../logic/spend/budgets";
import { byCost } from "../../logic/spend/unknown-costs";
import { datesOf, localDate, monthRange } from "../../logic/spend/days";

// Rows of each list.
const SHOWN = 3;
// Milliseconds.
const REFRESH_INTERVAL = 30_000;

/** What calls cost today and this month, where most of it goes, and budgets that are nearly spent. */
export function SpendPanel({ api }: { api: string | undefined }) {
  const today = localDate(Date.now());
  const range = monthRange(today.slice(0, 7), today);
  const spend = useSpend({ start: range.start, end: range.end, api_name: api }, REFRESH_INTERVAL);
  const budgets = useBudgets(REFRESH_INTERVAL);
  if (spend.data === undefined) {
    return <QueryState query={spend}>{() => null}</QueryState>;
  }
  const { apis, tokens, models, today_usd, month_usd, forecast, unknown_calls, series } =
    spend.data;
  const hasSpend = month_usd > 0 || unknown_calls > 0;
  if (!hasSpend) {
    return (
      <p class="muted small">
        {apis.some(({ is_priced }) => is_priced)
          ? "No spend this month. "
          : "No spend: none of these calls has a price. "}
        <a href={spendPath()}>Spend and prices</a>
      </p>
    );
  }
  const nearly = sortBudgets(budgets.data ?? []).filter((budget) =>
    ["high", "used-up"].includes(budgetLevel(budget)),
  );
  return (
    <section class="panel" aria-labelledby="spend">
      <header>
        <h2 id="spend">
          Spend <span class="muted small">this month</span>
        </h2>
        <a href={spendPath(api === undefined ? {} : { api })}>Spend and budgets</a>
      </header>
      <div class="spend-panel">
        <dl class="spend-sums">
          <Sum name="Today">
            <Money usd={today_usd} />
          </Sum>
          <Sum name="This month" note={unknownNote(unknown_calls)}>
            <Money usd={month_usd} />
          </Sum>
          <Sum name="Forecast" note={forecastNote(forecast)}>
            {forecast === null ? <span class="muted">–</span> : <Money usd={forecast.amount_usd} />}
          </Sum>
        </dl>
        <SpendChart series={series} dates={datesOf(range)} />
      </div>
      {nearly.length > 0 && (
        <ul class="spend-warnings small">
          {nearly.map((budget) => (
            <li key={budget.budget_id}>
              <BudgetBadge budget={budget} />{" "}
              <a class="break" href={spendPath({ at: "budgets" })}>
                {scopeText(budget)}
              </a>
              <span class="numbers">
                : {money(budget.spent_usd)} of {amountText(budget)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <div class="spend-lists">
        <List
          title="APIs"
          rows={byCost(apis).map(({ api_name, cost_usd, is_priced }) => [
            <a key="name" class="cut" href={spendPath({ api: api_name })}>
              {api_name}
            </a>,
            <Cost key="cost" usd={cost_usd} isPriced={is_priced} />,
          ])}
        />
        <List
          title="Tokens"
          rows={tokens.map(({ token_id, name, cost_usd }) => [
            <a key="name" class="cut" href={spendPath({ token: token_id ?? "-" })}>
              {token_id === null ? "Dashboard sessions" : (name ?? "Revoked token")}
            </a>,
            <Money key="cost" usd={cost_usd} />,
          ])}
        />
        <List
          title="Models"
          rows={models.map(({ model, cost_usd }) => [
            <span
              key="name"
              class={model === null ? "cut muted" : "cut"}
              title={model ?? undefined}
            >
              {model ?? "Other"}
            </span>,
            <Cost key="cost" usd={cost_usd} />,
          ])}
        />
      </div>
    </section>
  );
}

function forecastNote(forecast: Spend["forecast"]): string {
  return forecast === null
    ? "after the first complete day"
    : `by the average of the last ${forecast.days === 1 ? "day" : `${forecast.days} days`}`;
}

function unknownNote(calls: number): string | undefined {
  return calls === 0 ? undefined : `and ${pluralize(calls, "call")} with an unknown cost`;
}

function Sum({
  name,
  note,
  children,
}: {
  name: string;
  note?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div>
      <dt class="muted small">{name}</dt>
      <dd>{children}</dd>
      {note !== undefined && <dd class="muted small">{note}</dd>}
    </div>
  );
}

function List({
  title,
  rows,
}: {
  title: string;
  rows: readonly (readonly [ComponentChildren, ComponentChildren])[];
}) {
  return (
    <div>
      <h3 class="muted small">{title}</h3>
      <ul>
        {rows.slice(0, SHOWN).map(([name, cost], position) => (
          <li key={position}>
            {name}
            {cost}
          </li>
        ))}
        {rows.length === 0 && <li class="muted">None</li>}
        {rows.length > SHOWN && (
          <li class="small">
            <a href={spendPath()}>
              All {rows.length} <span class="hidden-visually">{title}</span>
            </a>
          </li>
        )}
      </ul>
    </div>
  );
}
