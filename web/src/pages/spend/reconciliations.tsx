import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Money } from "../../components/money";
import { hrefWith, useQueryParams } from "../../components/query-params";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { asApiError } from "../../api/problem";
import {
  type Reconciliation,
  useReconciliations,
  useRemoveReconciliation,
  useRunReconciliation,
} from "../../data/reconciliations";
import { CompareDialog } from "./compare";

/** What the dashboard counted beside what the providers report. Nothing if no API can be compared. */
export function Reconciliations() {
  const known = useReconciliations();
  const { query, setQuery } = useQueryParams();
  const comparing = query["compare"];
  const { items = [], candidates = [] } = known.data ?? {};
  const others = candidates.filter(
    ({ api_name }) => !items.some((item) => item.api_name === api_name),
  );
  if (items.length === 0 && others.length === 0) {
    return null;
  }
  return (
    <section class="panel" aria-labelledby="reconciliations">
      <header>
        <h2 id="reconciliations">Providers’ own figures</h2>
      </header>
      {items.map((item) => (
        <Compared key={item.api_name} item={item} />
      ))}
      {others.length > 0 && (
        <div class="compared">
          <p class="muted">
            Compare the amounts daily with the provider’s own figures. This needs an admin key.
          </p>
          <p class="actions">
            {others.map(({ api_name }) => (
              <a key={api_name} class="button small" href={hrefWith({ compare: api_name })}>
                Compare {api_name}
              </a>
            ))}
          </p>
        </div>
      )}
      {comparing !== undefined && (
        <CompareDialog api={comparing} onClose={() => setQuery({ compare: undefined })} />
      )}
    </section>
  );
}

function Compared({ item }: { item: Reconciliation }) {
  const run = useRunReconciliation();
  const remove = useRemoveReconciliation();
  const toast = useToast();
  const { api_name, provider_usd, own_usd, drift_percent, state, detail, last_run_at, days } = item;

  async function attempt(action: Promise<unknown>) {
    try {
      await action;
    } catch (error) {
      toast({ text: asApiError(error).message });
    }
  }

  return (
    <div class="compared">
      <div class="compared-head">
        <h3 class="break">{api_name}</h3>
        <Drift percent={drift_percent} />
        <span class="numbers">
          Counted <Money usd={own_usd} />, provider’s figure{" "}
          {provider_usd === null ? (
            <span class="muted">unknown</span>
          ) : (
            <Money usd={provider_usd} />
          )}
        </span>
        <span class="muted small">
          {last_run_at === null ? (
            "Not compared yet"
          ) : (
            <>
              Compared <Ago at={last_run_at} />
            </>
          )}
        </span>
        <span class="actions">
          <Button
            size="small"
            busy={run.isPending}
            aria-label={`Compare now: ${api_name}`}
            onClick={() => void attempt(run.mutateAsync(api_name))}
          >
            Compare now
          </Button>
          <Button
            size="small"
            variant="quiet"
            busy={remove.isPending}
            aria-label={`Stop comparing ${api_name}`}
            onClick={() => void attempt(remove.mutateAsync(api_name))}
          >
            Stop
          </Button>
        </span>
      </div>
      {state !== "ok" && detail !== "" && <p class="small break">{detail}</p>}
      {days.length > 0 && (
        <details>
          <summary>By day (UTC)</summary>
          <div class="table-scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  <th scope="col" class="numeric">
                    Counted
                  </th>
                  <th scope="col" class="numeric">
                    Provider
                  </th>
                  <th scope="col" class="numeric">
                    Drift
                  </th>
                  <th scope="col">What explains it</th>
                </tr>
              </thead>
              <tbody>
                {days.map((day) => (
                  <tr key={day.date}>
                    <th scope="row">{day.date}</th>
                    <td class="numeric">
                      <Money usd={day.own_usd} />
                    </td>
                    <td class="numeric">
                      {day.provider_usd === null ? "–" : <Money usd={day.provider_usd} />}
                    </td>
                    <td class="numeric">{driftText(day.drift_percent)}</td>
                    <td class="small">{day.causes.map(({ text }) => text).join(" ") || "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}

// Percent. Smaller differences are usual.
const USUAL = 2;

function Drift({ percent }: { percent: number | null }) {
  return percent === null ? null : (
    <Badge tone={Math.abs(percent) <= USUAL ? "ok" : "warn"}>Drift {driftText(percent)}</Badge>
  );
}

function driftText(percent: number | null): string {
  return percent === null ? "–" : `${percent > 0 ? "+" : ""}${percent}%`;
}
