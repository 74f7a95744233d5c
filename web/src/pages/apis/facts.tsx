import { ErrorBoundary, lazy } from "preact-iso";
import { CopyButton } from "../../components/copy";
import { ConditionBadge, RemainingAmount } from "../../components/limits";
import { QueryState } from "../../components/query-state";
import { Countdown, useNow } from "../../components/time";
import { useAddresses } from "../../data/addresses";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type RateLimit, useRateLimits } from "../../data/rate-limits";
import { pluralize } from "../../logic/format/numbers";
import { durationText } from "../../logic/format/time";
import { keyNamesByApi } from "../../logic/keys/key-names";
import { poolStatus } from "../../logic/keys/pools";
import { asOf, type Limit } from "../../logic/limits/quota";
import { limitTitle, tightest } from "../../logic/limits/quota-overview";
import {
  keyPath,
  keysPath,
  limitPath,
  pricesPath,
  requestsPath,
} from "../../logic/navigation/routes";
import { directUrl, openaiUrl, sdkUrl, type SnippetApi } from "../../logic/snippets/api-snippets";
import { useApiAddress } from "../../services";

const SpendSummary = lazy(() => import("../../components/spend-summary"));

// Limits shown at first; the page of rate limits has all.
const LIMITS_SHOWN = 3;

/** An API with its whole catalogue entry, if any. */
export type ProvidedApi = SnippetApi & { readonly provider: Provider | undefined };

/** Where an API is called, with which keys, within which limits, and where it is documented. */
export function ApiFacts({ api, stored }: { api: ProvidedApi; stored: readonly Key[] }) {
  const addresses = useAddresses();
  const docs = useApiAddress();
  const { apiName, provider } = api;
  const openai = openaiUrl(addresses, api);
  const direct = directUrl(addresses, api);
  const root = addresses.roots[apiName];
  return (
    <aside class="panel api-facts" aria-label={`About ${apiName}`}>
      <section>
        <h2>Base URLs</h2>
        <dl class="copy-list">
          <Address name="SDKs" url={sdkUrl(addresses, api)} />
          {openai !== undefined && openai !== sdkUrl(addresses, api) && (
            <Address name="Clients of OpenAI’s API" url={openai} />
          )}
          {direct !== undefined && <Address name="Pauses of more than 120 s" url={direct} />}
          {root !== undefined && <Address name="Clients that take no path" url={root} />}
        </dl>
      </section>
      <section>
        <h2>Limits</h2>
        <Limits apiName={apiName} stored={stored} />
        <p>
          <a href={limitPath(apiName)}>Rate limits of {apiName}</a>
        </p>
      </section>
      <section>
        <h2>Spend</h2>
        <ErrorBoundary>
          <SpendSummary api={apiName} />
        </ErrorBoundary>
        <p>
          <a href={pricesPath(apiName)}>Prices of {apiName}</a>
        </p>
      </section>
      <section>
        <h2>Keys</h2>
        {stored.length === 0 ? (
          <p class="muted">None</p>
        ) : (
          <p>
            <a
              href={
                stored.length === 1 && stored[0] ? keyPath(stored[0].key_id) : keysPath(apiName)
              }
            >
              {pluralize(stored.length, "key")}
            </a>
            <KeysNote stored={stored} />
          </p>
        )}
        <p>
          <a href={requestsPath({ api: apiName })}>Requests to {apiName}</a>
        </p>
      </section>
      <section>
        <h2>Documentation</h2>
        <ul class="stack tight">
          {provider !== undefined && (
            <li>
              <a href={provider.docs} target="_blank" rel="noreferrer">
                {provider.name}’s API
              </a>
            </li>
          )}
          <li>
            <a href={`${docs}/api/docs`} target="_blank" rel="noreferrer">
              API of this dashboard
            </a>
          </li>
        </ul>
      </section>
    </aside>
  );
}

function Address({ name, url }: { name: string; url: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span class="mono break">{url}</span>
        <CopyButton small text={url} label={`Copy the base URL: ${name}`} />
      </dd>
    </div>
  );
}

function KeysNote({ stored }: { stored: readonly Key[] }) {
  const status = poolStatus(stored);
  if (status.kind === "ready") {
    return status.skipped === 0 ? null : <span class="muted">, {status.skipped} skipped</span>;
  }
  return (
    <span class="api-trouble">
      {status.kind === "refused" ? ", all refused by the API" : ", none ready"}
    </span>
  );
}

function Limits({ apiName, stored }: { apiName: string; stored: readonly Key[] }) {
  const query = useRateLimits();
  return (
    <QueryState query={query} rows={2}>
      {(all) => (
        <ApiLimits found={all.find(({ api_name }) => api_name === apiName)} stored={stored} />
      )}
    </QueryState>
  );
}

function ApiLimits({ found, stored }: { found: RateLimit | undefined; stored: readonly Key[] }) {
  const now = useNow();
  const names = [...keyNamesByApi(stored).values()][0];
  const limits = found === undefined ? [] : asOf(found, now).limits;
  const shown = [...tightest(limits, LIMITS_SHOWN, now)];
  if (shown.length === 0) {
    return (
      <p class="muted">
        None known. An API’s own limits appear after a response that reports them.
      </p>
    );
  }
  return (
    <ul class="stack tight">
      {shown.map((limit) => (
        <li key={`${limit.source} ${limit.key_id ?? ""} ${limit.name} ${limit.window ?? ""}`}>
          <span class="break">
            {nameOf(limit)}
            {stored.length > 1 && limit.key_id !== null && (
              <span class="muted"> of key {names?.get(limit.key_id) ?? limit.key_id}</span>
            )}{" "}
            <ConditionBadge limit={limit} now={now} />
          </span>
          <RemainingAmount limit={limit} now={now} />
          {limit.reset_at !== null && (
            <span class="muted small">
              resets in <Countdown to={limit.reset_at} past="a moment" />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function nameOf(limit: Limit): string {
  const title = limitTitle(limit);
  return limit.window === null ? title : `${title} per ${durationText(limit.window)}`;
}
