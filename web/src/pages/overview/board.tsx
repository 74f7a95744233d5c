import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import { Badge } from "../../components/badge";
import { FoldButton } from "../../components/fold";
import { ConditionBadge, KeyLine, Left, Seen } from "../../components/limits";
import { Countdown, useNow } from "../../components/time";
import { byUrgency, isStopped, outlook, paceInWords, tightest, titleOf } from "../../logic/board";
import { counted, number } from "../../logic/format";
import { limitPlace } from "../../logic/places";
import type { PoolNames } from "../../logic/key-names";
import {
  allRefused,
  asOf,
  isPassedOver,
  keysOf,
  type Limit,
  policyOf,
  type Quota,
} from "../../logic/quota";
import { span } from "../../logic/time";

// Limits of an API that are in sight at once; the rest is a press away.
const IN_SIGHT = 4;
// APIs on the board that are in sight at once.
const APIS = 12;

/** What is left of every limit that is known, what needs a look first. */
export function Board({ quotas, pools }: { quotas: readonly Quota[]; pools: PoolNames }) {
  const now = useNow();
  const [all, setAll] = useState(false);
  const present = quotas.map((quota) => asOf(quota, now));
  const stopped = present.filter(isStopped).map(({ api_name }) => api_name);
  const known = new Set(quotas.map(({ api_name }) => api_name));
  const without = [...pools.keys()].filter((name) => !known.has(name));
  // To hide a single one saves no room.
  const hidden = present.length > APIS + 1 ? present.length - APIS : 0;
  const shown = byUrgency(present, now).slice(0, all ? undefined : present.length - hidden);
  return (
    <section class="panel" aria-labelledby="board">
      <header>
        <h2 id="board">Quotas</h2>
        <a href="/rate-limits">Rate limits</a>
      </header>
      <p class="hidden-visually" role="status">
        {stopped.length > 0 && `Used up: ${stopped.join(", ")}.`}
      </p>
      {present.length > 0 && (
        <table class="board">
          <thead>
            <tr>
              <th scope="col">API</th>
              <th scope="col">Limit</th>
              <th scope="col">Left</th>
              <th scope="col">Resets in</th>
              <th scope="col">At this pace</th>
              <th scope="col">Seen</th>
            </tr>
          </thead>
          {shown.map((quota) => (
            <Rows key={quota.api_name} quota={quota} keys={pools.get(quota.api_name)} now={now} />
          ))}
        </table>
      )}
      {hidden > 0 && (
        <p class="board-more">
          <FoldButton
            hidden={hidden}
            open={all}
            of="the board"
            what="API"
            onToggle={() => setAll(!all)}
          />
        </p>
      )}
      {present.length === 0 && (
        <p class="panel-body muted">
          No limit is known yet. What an API says of its limits appears here with its next answer.
        </p>
      )}
      {present.length > 0 && without.length > 0 && (
        <p class="board-rest muted small break">
          No limit known of {listed(without, APIS)}. <a href="/rate-limits">Set one</a>
        </p>
      )}
    </section>
  );
}

/** Names in a sentence; of many only the first ones. */
function listed(names: readonly string[], most: number): string {
  return names.length <= most + 1
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${number(names.length - most)} others`;
}

/** The rows of one API: its own policy, then key by key what the upstream said. */
function Rows({
  quota,
  keys = NO_KEYS,
  now,
}: {
  quota: Quota;
  keys: ReadonlyMap<string, string> | undefined;
  now: number;
}) {
  const [open, setOpen] = useState(false);
  const close = tightest(quota.limits, IN_SIGHT, now);
  const hidden = quota.limits.filter(({ name }) => name !== "retry-after").length - close.size;
  const own = policyOf(quota);
  const groups = keysOf(quota, [...keys.keys()]);
  const several = Math.max(keys.size, groups.length) > 1;
  const rows: [key: string, cells: JSX.Element][] = [];
  if (own !== undefined) {
    rows.push(["policy", <Row limit={own} quota={quota} now={now} />]);
  }
  for (const key of groups) {
    const { key_id } = key;
    const shown = key.limits.filter((limit) => open || close.has(limit));
    if (isPassedOver(key) || (several && shown.length > 0)) {
      rows.push([
        key_id,
        <td colSpan={5} class="board-key small">
          <KeyLine
            name={keys.get(key_id) ?? key_id}
            of={key}
            alone={allRefused(quota, keys.size)}
          />
        </td>,
      ]);
    }
    for (const limit of shown) {
      const name = `${key_id} ${limit.name} ${limit.window ?? ""}`;
      rows.push([name, <Row limit={limit} quota={quota} now={now} />]);
    }
  }
  if (hidden > 0) {
    rows.push([
      "fold",
      <td colSpan={5} class="board-fold">
        <FoldButton
          hidden={hidden}
          open={open}
          of={quota.api_name}
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
            <th scope="rowgroup" rowSpan={rows.length} class="board-api">
              <a href={limitPlace(quota.api_name)} class="break">
                {quota.api_name}
              </a>
              {quota.exhausted_until !== null && (
                <span class="board-refused">
                  Calls are refused for <Countdown to={quota.exhausted_until} past="a moment" />
                </span>
              )}
              {keys.size > 1 && <span class="board-pool muted">{counted(keys.size, "key")}</span>}
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
function Row({ limit, quota, now }: { limit: Limit; quota: Quota; now: number }) {
  const own = limit.source === "policy";
  const { reserved, unreserved_remaining } = quota;
  return (
    <Fragment>
      <td class="board-limit break">
        {titleOf(limit)}
        {limit.window !== null && <span class="muted"> per {span(limit.window)}</span>}{" "}
        <ConditionBadge limit={limit} now={now} />
      </td>
      <td class="board-left">
        <Left limit={limit} now={now} />
        {own && reserved > 0 && limit.remaining !== 0 && (
          <span class="muted small numbers">{freely(unreserved_remaining ?? 0)}</span>
        )}
      </td>
      <td class="board-reset numbers">
        {limit.reset_at === null ? (
          <span class="muted">–</span>
        ) : (
          <>
            <span class="phone-only muted">Resets in </span>
            <Countdown to={limit.reset_at} past="a moment" />
          </>
        )}
      </td>
      <td class="board-outlook">
        {outlook(limit, now)}
        {limit.remaining !== null && limit.pace !== null && limit.pace > 0 && (
          <span class="muted small numbers">{paceInWords(limit.pace, limit.unit)}</span>
        )}
      </td>
      <td class="board-seen muted small">
        {own ? (
          <Badge>Own policy</Badge>
        ) : limit.seen_at === null ? (
          "–"
        ) : (
          <Seen {...{ limit, now }} />
        )}
      </td>
    </Fragment>
  );
}

function freely(unreserved: number): string {
  return unreserved === 0
    ? "All that is left is reserved for tokens"
    : `${number(unreserved)} of them without a reservation`;
}
