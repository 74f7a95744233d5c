import { ErrorBoundary, lazy } from "preact-iso";
import { useEffect, useMemo } from "preact/hooks";
import { Button } from "../../components/button";
import { loadPage } from "../../components/load-page";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { QueryState } from "../../components/query-state";
import { SpendChart } from "../../components/spend-chart";
import { useNow } from "../../components/time";
import { NO_TOKEN, useBudgets, useSpend } from "../../data/spend";
import { useTokens } from "../../data/tokens";
import { datesOf, localDate } from "../../logic/spend/days";
import { parseRange } from "../../logic/spend/range";
import { Budgets } from "./budgets";
import { ExportButton } from "./export-button";
import { Reconciliations } from "./reconciliations";
import { RangeChoice } from "./range-choice";
import { SpendTables } from "./tables";
import { SpendTiles } from "./tiles";
import { UnknownCosts } from "./unknown-costs";
import "../../components/chart.css";
import "./style.css";

const Dialogs = lazy(() => loadPage(() => import("./dialogs")));

// Milliseconds.
const REFRESH_INTERVAL = 15_000;

/** What calls cost, the budgets that limit it, prices, and the comparison with providers' bills. */
export default function SpendPage() {
  const { query, setQuery } = useQueryParams();
  const { month, range: rangeName, from, to, api, token } = query;
  const today = localDate(useNow() * 1000);
  const range = useMemo(
    () => parseRange({ month, range: rangeName, from, to }, today),
    [month, rangeName, from, to, today],
  );
  const dates = useMemo(() => datesOf(range), [range]);
  const wanted = { start: range.start, end: range.end, api_name: api, token_id: token };
  const spend = useSpend(wanted, REFRESH_INTERVAL);
  const budgets = useBudgets(REFRESH_INTERVAL);
  const tokens = useTokens();
  const tokenName = tokens.data?.find(({ token_id }) => token_id === token)?.name;
  useScrollToBudgets(!spend.isPending && !budgets.isPending);

  return (
    <Page
      title="Spend"
      lead="What the calls through the proxy cost, and budgets that they cannot exceed. Amounts are in US dollars."
      actions={
        <>
          {api !== undefined && <OnlyButton name={api} param="api" />}
          {token !== undefined && (
            <OnlyButton
              name={token === NO_TOKEN ? "dashboard sessions" : `token ${tokenName ?? token}`}
              param="token"
            />
          )}
          <RangeChoice range={range} today={today} />
          <ExportButton query={wanted} />
        </>
      }
    >
      <QueryState query={spend} rows={8}>
        {(known) => (
          <div class="stack" aria-busy={spend.isPlaceholderData || undefined}>
            <SpendTiles spend={known} range={range} today={today} />
            <UnknownCosts spend={known} />
            <section class="panel spend-page-chart" aria-labelledby="by-day">
              <header>
                <h2 id="by-day">
                  Spend <span class="muted small">per day</span>
                </h2>
              </header>
              <SpendChart series={known.series} dates={dates} />
            </section>
          </div>
        )}
      </QueryState>
      <Budgets query={budgets} filter={{ api, token }} />
      {spend.data !== undefined && <SpendTables spend={spend.data} />}
      <Reconciliations />
      <ErrorBoundary>
        {["budget", "remove", "prices"].some((name) => query[name] !== undefined) && (
          <Dialogs
            budgets={budgets.data}
            tokens={tokens.data}
            onClose={() =>
              setQuery({
                budget: undefined,
                scope: undefined,
                remove: undefined,
                prices: undefined,
                model: undefined,
              })
            }
          />
        )}
      </ErrorBoundary>
    </Page>
  );
}

/** The filter by an API or a token; a click removes it. */
function OnlyButton({ name, param }: { name: string; param: "api" | "token" }) {
  const { setQuery } = useQueryParams();
  return (
    <Button size="small" onClick={() => setQuery({ [param]: undefined })}>
      <span class="cut">Only {name}</span> <span aria-hidden="true">×</span>
      <span class="hidden-visually">: show all</span>
    </Button>
  );
}

/** Scroll to the budgets and focus them once, if the URL says so. */
function useScrollToBudgets(loaded: boolean): void {
  const { query, setQuery } = useQueryParams();
  const wanted = query["at"] === "budgets";
  useEffect(() => {
    if (loaded && wanted) {
      const section = document.getElementById("budgets")?.closest("section");
      section?.scrollIntoView();
      section?.querySelector<HTMLElement>("a, button")?.focus();
      setQuery({ at: undefined });
    }
    // `setQuery` reads the URL only when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [loaded, wanted]);
}
