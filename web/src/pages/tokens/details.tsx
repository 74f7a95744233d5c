import { ErrorBoundary, lazy } from "preact-iso";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { useQueryParams } from "../../components/query-params";
import { Ago, Until } from "../../components/time";
import type { Token } from "../../data/tokens";
import { clientName } from "../../logic/format/client-names";
import { networkText } from "../../logic/format/network";
import { pluralize } from "../../logic/format/numbers";
import { limitPath, requestsPath } from "../../logic/navigation/routes";
import { formatShare } from "../../logic/tokens/token-draft";
import { limitText } from "../../logic/tokens/tokens";
import { PreviousValue } from "./rotate";
import { SimulatedLimits } from "./simulated-limits";

const SpendSummary = lazy(() => import("../../components/spend-summary"));

/** The details of a token and its actions. */
export function TokenDetails({ token, onClose }: { token: Token; onClose: () => void }) {
  const { setQuery } = useQueryParams();
  return (
    <Dialog kind="aside" title={`Token ${token.name}`} onClose={onClose}>
      <div class="row">
        {token.expired ? <Badge tone="danger">Expired</Badge> : <Badge tone="ok">Active</Badge>}
        <span class="mono muted">{token.hint}</span>
      </div>
      <div class="actions">
        <Button onClick={() => setQuery({ edit: token.token_id })}>Edit token</Button>
        <a class="button" href={requestsPath({ token: token.token_id })}>
          View requests
        </a>
        {!token.expired && (
          <Button onClick={() => setQuery({ token: undefined, rotate: token.token_id })}>
            Rotate token…
          </Button>
        )}
        <Button onClick={() => setQuery({ token: undefined, revoke: token.token_id })}>
          Revoke token…
        </Button>
      </div>
      {token.previous !== null && (
        <PreviousValue
          previous={token.previous}
          onEnd={() => setQuery({ token: undefined, end: token.token_id })}
        />
      )}
      <dl class="terms">
        <dt>Allowed APIs</dt>
        <dd>
          {token.apis.includes("*")
            ? "All APIs, including those added later"
            : token.apis.join(", ") || "None"}
        </dd>
        <dt>Methods</dt>
        <dd>{token.methods.join(", ") || "All"}</dd>
        <dt>Paths</dt>
        <dd class={token.path_prefixes.length === 0 ? "" : "mono"}>
          {token.path_prefixes.join(" ") || "All"}
        </dd>
        <dt>Addresses</dt>
        <dd class={token.allowed_ips.length === 0 ? "" : "mono"}>
          {token.allowed_ips.join(", ") || "Any"}
        </dd>
        <dt>Limit</dt>
        <dd class="numbers">{limitText(token) ?? "No limit"}</dd>
        <dt>Expires</dt>
        <dd>{token.expires_at === null ? "Never" : <Until at={token.expires_at} />}</dd>
        <dt>Last used</dt>
        <dd>{token.last_used_at === null ? "Never" : <Ago at={token.last_used_at} />}</dd>
        {token.clients.length > 0 && (
          <>
            <dt>Used by</dt>
            <dd>
              <ul>
                {token.clients.map(({ client, last_used_at }) => (
                  <li key={client}>
                    {clientName(client)},{" "}
                    <span class="muted">
                      <Ago at={last_used_at} />
                    </span>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
        {token.networks.length > 0 && (
          <>
            <dt>Used from</dt>
            <dd>
              <ul>
                {token.networks.map(({ network, first_used_at }) => (
                  <li key={network}>
                    <span class="mono">{networkText(network)}</span>,{" "}
                    <span class="muted">
                      first <Ago at={first_used_at} />
                    </span>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
        <dt>Created</dt>
        <dd>
          <Ago at={token.created_at} />
        </dd>
        <dt>Token ID</dt>
        <dd class="mono">{token.token_id}</dd>
      </dl>
      <section class="stack tight" aria-labelledby="token-spend">
        <h3 id="token-spend">Spend</h3>
        <ErrorBoundary>
          <SpendSummary token={token.token_id} />
        </ErrorBoundary>
      </section>
      <Reservations token={token} />
      <SimulatedLimits key={token.rehearsal?.share} token={token} />
    </Dialog>
  );
}

/** The token's reservations. */
function Reservations({ token }: { token: Token }) {
  return (
    <section class="stack tight" aria-labelledby="reservations">
      <h3 id="reservations">Reservations</h3>
      {token.reservations.length === 0 ? (
        <p class="muted">
          None. You can reserve part of an API’s limit for this token under{" "}
          <a href="/rate-limits">Rate limits</a>, so that others cannot use it up.
        </p>
      ) : (
        <ul class="stack tight">
          {token.reservations.map(({ api_name, amount, share }) => (
            <li key={api_name}>
              <a href={limitPath(api_name)}>{api_name}</a>:{" "}
              <span class="numbers">{pluralize(amount, "request")}</span> per window
              {share !== null && <span class="muted">, {formatShare(share)} of the limit</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
