import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Cost, Money } from "../../components/money";
import { hrefWith } from "../../components/query-params";
import { NO_TOKEN, type Spend } from "../../data/spend";
import { byCost } from "../../logic/spend/unknown-costs";
import { number, percent } from "../../logic/format/numbers";
import { pricesPath } from "../../logic/navigation/routes";
import { RestButton } from "./rest";

// Rows shown at first.
const SHOWN = 10;

/** The spend of the shown days by API, token and model. */
export function SpendTables({ spend }: { spend: Spend }) {
  const { apis, tokens, models, total_usd } = spend;
  return (
    <div class="spend-tables">
      <ApiTable apis={apis} total={total_usd} />
      <Table
        id="by-token"
        title="By token"
        empty="No spend on these days."
        head={
          <>
            <th scope="col">Token</th>
            <Numeric>Cost</Numeric>
            <Numeric>Share</Numeric>
          </>
        }
        rows={tokens.map(({ token_id, name, cost_usd, unknown_calls }) => (
          <tr key={token_id}>
            <th scope="row" class="spend-name">
              <a class="break" href={hrefWith({ token: token_id ?? NO_TOKEN })}>
                {token_id === null ? "Dashboard sessions" : (name ?? "Revoked token")}
              </a>
              <UnknownNote calls={unknown_calls} />
            </th>
            <td class="numeric">
              <Money usd={cost_usd} />
            </td>
            <td class="numeric muted">{percent(cost_usd, total_usd)}</td>
          </tr>
        ))}
      />
      <Table
        id="by-model"
        title="By model"
        empty="No call on these days names a model."
        head={
          <>
            <th scope="col">Model</th>
            <Numeric>Cost</Numeric>
            <Numeric>Share</Numeric>
          </>
        }
        rows={models.map(({ api_name, model, cost_usd, unknown_calls }) => (
          <tr key={`${api_name} ${model ?? ""}`}>
            <th scope="row" class="spend-name">
              <span class="break">{model ?? <span class="muted">Other or no model</span>}</span>
              <span class="muted small spend-note break">{api_name}</span>
              <UnknownNote calls={unknown_calls} />
            </th>
            <td class="numeric">
              <Cost usd={cost_usd} />
            </td>
            <td class="numeric muted">{cost_usd === null ? "–" : percent(cost_usd, total_usd)}</td>
          </tr>
        ))}
      />
    </div>
  );
}

function ApiTable({ apis, total }: { apis: Spend["apis"]; total: number }) {
  return (
    <Table
      id="by-api"
      title="By API"
      empty="No calls on these days."
      head={
        <>
          <th scope="col">API</th>
          <Numeric>Cost</Numeric>
          <Numeric wide>Share</Numeric>
          <Numeric wide>Estimated</Numeric>
          <Numeric wide>Calls</Numeric>
          <th scope="col">
            <span class="hidden-visually">Actions</span>
          </th>
        </>
      }
      rows={byCost(apis).map((api) => (
        <tr key={api.api_name}>
          <th scope="row" class="spend-name">
            <a class="break" href={hrefWith({ api: api.api_name })}>
              {api.api_name}
            </a>
            <UnknownNote calls={api.unknown_calls} />
          </th>
          <td class="numeric">
            <Cost usd={api.cost_usd} isPriced={api.is_priced} />
          </td>
          <td class="numeric muted wide-only">
            {api.cost_usd === null || !api.is_priced ? "–" : percent(api.cost_usd, total)}
          </td>
          <td class="numeric muted wide-only">
            {api.estimated_usd > 0 ? <Money usd={api.estimated_usd} /> : "–"}
          </td>
          <td class="numeric wide-only">{number(api.calls)}</td>
          <td class="action-cell">
            <a
              class="button small"
              href={pricesPath(api.api_name)}
              aria-label={`${api.is_priced ? "Prices of" : "Set price for"} ${api.api_name}`}
            >
              {api.is_priced ? "Prices" : "Set price"}
            </a>
          </td>
        </tr>
      ))}
    />
  );
}

function Table({
  id,
  title,
  empty,
  head,
  rows,
}: {
  id: string;
  title: string;
  empty: string;
  head: ComponentChildren;
  rows: readonly ComponentChildren[];
}) {
  const [open, setOpen] = useState(false);
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
      </header>
      {rows.length === 0 ? (
        <p class="panel-body muted">{empty}</p>
      ) : (
        <table>
          <thead>
            <tr>{head}</tr>
          </thead>
          <tbody>{rows.slice(0, open ? undefined : SHOWN)}</tbody>
        </table>
      )}
      {rows.length > SHOWN && (
        <p class="spend-more">
          <RestButton
            count={rows.length - SHOWN}
            open={open}
            of={title}
            onToggle={() => setOpen(!open)}
          />
        </p>
      )}
    </section>
  );
}

function Numeric({ wide = false, children }: { wide?: boolean; children: ComponentChildren }) {
  return (
    <th scope="col" class={wide ? "numeric wide-only" : "numeric"}>
      {children}
    </th>
  );
}

function UnknownNote({ calls }: { calls: number }) {
  return calls === 0 ? null : (
    <span class="muted small spend-note">and {number(calls)} with an unknown cost</span>
  );
}
