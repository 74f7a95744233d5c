import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import { Badge } from "../../components/badge";
import { ShowMoreButton } from "../../components/show-more";
import {
  ConditionBadge,
  KeyStatusLine,
  RemainingAmount,
  LastReported,
} from "../../components/limits";
import { Countdown, useNow } from "../../components/time";
import {
  byUrgency,
  isExhausted,
  forecast,
  consumptionRateText,
  tightest,
  limitTitle,
} from "../../logic/limits/quota-overview";
import { pluralize, number } from "../../logic/format/numbers";
import { limitPath } from "../../logic/navigation/routes";
import type { PoolNames } from "../../logic/keys/key-names";
import {
  allRefused,
  asOf,
  isSkipped,
  limitsByKey,
  type Limit,
  policyOf,
  type Quota,
} from "../../logic/limits/quota";
import { durationText } from "../../logic/format/time";

// Limits of an API shown at first.
const LIMITS_SHOWN = 4;
// APIs shown at first.
const APIS_SHOWN = 12;

/** The remaining amount of every known limit, the most urgent first. */
export function QuotaOverview({ quotas, pools }: { quotas: readonly Quota[]; pools: PoolNames }) {
  const now = useNow();
  const [all, setAll] = useState(false);
  const current = quotas.map((quota) => asOf(quota, now));
  const stopped = current.filter(isExhausted).map(({ api_name }) => api_name);
  const known = new Set(quotas.map(({ api_name }) => api_name));
  const unknown = [...pools.keys()].filter((name) => !known.has(name));
  // Hiding a single row saves no space.
  const hidden = current.length > APIS_SHOWN + 1 ? current.length - APIS_SHOWN : 0;
  const shown = byUrgency(current, now).slice(0, all ? undefined : current.length - hidden);
  return (
    <section class="panel" aria-labelledby="quotas">
      <header>
        <h2 id="quotas">Quotas</h2>
        <a href="/rate-limits">Rate limits</a>
      </header>
      <p class="hidden-visually" role="status">
        {stopped.length > 0 && `Exhausted: ${stopped.join(", ")}.`}
      </p>
      {current.length > 0 && (
        <table class="quota-table">
          <thead>
            <tr>
              <th scope="col">API</th>
              <th scope="col">Limit</th>
              <th scope="col">Remaining</th>
              <th scope="col">Resets in</th>
              <th scope="col">Forecast</th>
              <th scope="col">Updated</th>
            </tr>
          </thead>
          {shown.map((quota) => (
            <ApiRows
              key={quota.api_name}
              quota={quota}
              keys={pools.get(quota.api_name)}
              now={now}
            />
          ))}
        </table>
      )}
      {hidden > 0 && (
        <p class="quota-more">
          <ShowMoreButton
            count={hidden}
            open={all}
            owner="the quota overview"
            noun="API"
            onToggle={() => setAll(!all)}
          />
        </p>
      )}
      {current.length === 0 && (
        <p class="panel-body muted">
          No limits are known yet. An API’s limits appear here after its next response.
        </p>
      )}
      {current.length > 0 && unknown.length > 0 && (
        <p class="quota-rest muted small break">
          No known limits: {nameList(unknown, APIS_SHOWN)}. <a href="/rate-limits">Set a limit</a>
        </p>
      )}
    </section>
  );
}

/** Join names for a sentence, and count the rest of a long list. */
function nameList(names: readonly string[], most: number): string {
  return names.length <= most + 1
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${number(names.length - most)} others`;
}

/** The rows of one API: its policy, then the reported limits by key. */
function ApiRows({
  quota,
  keys = NO_KEYS,
  now,
}: {
  quota: Quota;
  keys: ReadonlyMap<string, string> | undefined;
  now: number;
}) {
  const [open, setOpen] = useState(false);
  const tight = tightest(quota.limits, LIMITS_SHOWN, now);
  const hidden = quota.limits.filter(({ name }) => name !== "retry-after").length - tight.size;
  const own = policyOf(quota);
  const groups = limitsByKey(quota, [...keys.keys()]);
  const severalKeys = Math.max(keys.size, groups.length) > 1;
  const rows: [key: string, cells: JSX.Element][] = [];
  if (own !== undefined) {
    rows.push(["policy", <LimitCells limit={own} quota={quota} now={now} />]);
  }
  for (const key of groups) {
    const { key_id } = key;
    const shown = key.limits.filter((limit) => open || tight.has(limit));
    if (isSkipped(key) || (severalKeys && shown.length > 0)) {
      rows.push([
        key_id,
        <td colSpan={5} class="quota-key small">
          <KeyStatusLine
            name={keys.get(key_id) ?? key_id}
            limits={key}
            noKeyWorks={allRefused(quota, keys.size)}
          />
        </td>,
      ]);
    }
    for (const limit of shown) {
      const name = `${key_id} ${limit.name} ${limit.window ?? ""}`;
      rows.push([name, <LimitCells limit={limit} quota={quota} now={now} />]);
    }
  }
  if (hidden > 0) {
    rows.push([
      "fold",
      <td colSpan={5} class="quota-show-more">
        <ShowMoreButton
          count={hidden}
          open={open}
          owner={quota.api_name}
          onToggle={() => setOpen(!open)}
        />
      </td>,
    ]);
  }
  return (
    <tbody>
      {rows.map(([key, cells], position) => (
        <tr key={key} class={position === 0 ? "first" : "more"}>
          {position === 0 && (
            <th scope="rowgroup" rowSpan={rows.length} class="quota-api">
              <a href={limitPath(quota.api_name)} class="break">
                {quota.api_name}
              </a>
              {quota.exhausted_until !== null && (
                <span class="quota-refused">
                  Exhausted for <Countdown to={quota.exhausted_until} past="a moment" />
                </span>
              )}
              {keys.size > 1 && <span class="quota-pool muted">{pluralize(keys.size, "key")}</span>}
            </th>
          )}
          {cells}
        </tr>
      ))}
    </tbody>
  );
}

const NO_KEYS: ReadonlyMap<string, string> = new Map();

/** The cells of one limit. */
function LimitCells({ limit, quota, now }: { limit: Limit; quota: Quota; now: number }) {
  const own = limit.source === "policy";
  const { reserved, unreserved_remaining } = quota;
  return (
    <Fragment>
      <td class="quota-limit break">
        {limitTitle(limit)}
        {limit.window !== null && <span class="muted"> per {durationText(limit.window)}</span>}{" "}
        <ConditionBadge limit={limit} now={now} />
      </td>
      <td class="quota-remaining">
        <RemainingAmount limit={limit} now={now} />
        {own && reserved > 0 && limit.remaining !== 0 && (
          <span class="muted small numbers">{unreservedText(unreserved_remaining ?? 0)}</span>
        )}
      </td>
      <td class="quota-reset numbers">
        {limit.reset_at === null ? (
          <span class="muted">–</span>
        ) : (
          <>
            <span class="phone-only muted">Resets in </span>
            <Countdown to={limit.reset_at} past="a moment" />
          </>
        )}
      </td>
      <td class="quota-forecast">
        {forecast(limit, now)}
        {limit.remaining !== null && limit.pace !== null && limit.pace > 0 && (
          <span class="muted small numbers">{consumptionRateText(limit.pace, limit.unit)}</span>
        )}
      </td>
      <td class="quota-seen muted small">
        {own ? (
          <Badge>Set by you</Badge>
        ) : limit.seen_at === null ? (
          "–"
        ) : (
          <LastReported {...{ limit, now }} />
        )}
      </td>
    </Fragment>
  );
}

function unreservedText(unreserved: number): string {
  return unreserved === 0
    ? "Everything left is reserved for tokens"
    : `${number(unreserved)} of them unreserved`;
}
