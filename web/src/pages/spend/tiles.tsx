import type { ComponentChildren } from "preact";
import { Money } from "../../components/money";
import type { Spend } from "../../data/spend";
import { number } from "../../logic/format/numbers";
import { type SpendRange } from "../../logic/spend/days";
import { keptMonths } from "../../logic/spend/range";

/** The totals of the shown days, and today's and the month's. */
export function SpendTiles({
  spend,
  range,
  today,
}: {
  spend: Spend;
  range: SpendRange;
  today: string;
}) {
  const month = keptMonths(today)[0]?.[1] ?? "";
  const isThisMonth = range.name === "month" && range.start.slice(0, 7) === today.slice(0, 7);
  const { forecast, hosting } = spend;
  return (
    <section aria-label="Totals">
      <dl class="tiles">
        {!isThisMonth && (
          <Tile name="These days" value={<Money usd={spend.total_usd} />}>
            {range.start} to {range.end}
          </Tile>
        )}
        <Tile name="Today" value={<Money usd={spend.today_usd} />} />
        <Tile name={month} value={<Money usd={spend.month_usd} />}>
          so far
        </Tile>
        <Tile
          name="Forecast"
          value={forecast === null ? <Dash /> : <Money usd={forecast.amount_usd} />}
        >
          {forecast === null ? "after the first complete day" : `for all of ${month}`}
        </Tile>
        <Tile name="Estimated" value={<Money usd={spend.estimated_usd} />}>
          {isThisMonth ? "part of this month’s total" : "part of these days’ total"}
        </Tile>
        <Tile name="Unknown cost" value={number(spend.unknown_calls)}>
          {spend.unknown_calls === 1 ? "call, in no total" : "calls, in no total"}
        </Tile>
        {hosting !== null && (
          <Tile name="Hosting on AWS" value={<Money usd={hosting.month_usd} />}>
            estimate for this month so far
          </Tile>
        )}
      </dl>
      {forecast !== null && <p class="hint spend-basis">Forecast: {forecast.basis}</p>}
      {hosting !== null && (
        <p class="hint spend-basis">Hosting on AWS: {hosting.basis} It is in no other total.</p>
      )}
    </section>
  );
}

function Dash() {
  return (
    <span class="muted" aria-label="none">
      –
    </span>
  );
}

function Tile({
  name,
  value,
  children,
}: {
  name: string;
  value: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd class="tile-note">{children ?? "\u00a0"}</dd>
    </div>
  );
}
