import { Fragment } from "preact";
import { Badge } from "../../components/badge";
import { ConditionBadge, Left } from "../../components/limits";
import { Ago, Countdown, useNow } from "../../components/time";
import { asOf, byUrgency, conditionOf, outlook, paceInWords, titleOf } from "../../logic/board";
import { limitPlace } from "../../logic/places";
import type { Limit, Quota } from "../../logic/quota";
import { span } from "../../logic/time";

/** What a key is called: its masked hint and its description. */
export type KeyNames = ReadonlyMap<string, string>;

/** What is left of every limit that is known, what needs a look first. */
export function Board({
  quotas,
  names,
  without,
}: {
  quotas: readonly Quota[];
  names: KeyNames;
  /** The APIs of which no limit is known. */
  without: readonly string[];
}) {
  const now = useNow();
  const present = quotas.map((quota) => ({
    ...quota,
    limits: quota.limits.map((limit) => asOf(limit, now)),
    exhausted_until: later(quota.exhausted_until, now),
  }));
  const spent = present
    .filter(({ limits }) => limits.some((limit) => conditionOf(limit, now) === "used-up"))
    .map(({ api_name }) => api_name);
  return (
    <section class="panel" aria-labelledby="board">
      <header>
        <h2 id="board">Quotas</h2>
        <a href="/rate-limits">Rate limits</a>
      </header>
      <p class="hidden-visually" role="status">
        {spent.length > 0 && `Used up: ${spent.join(", ")}.`}
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
          <tbody>
            {byUrgency(present, now).map((quota) => (
              <Fragment key={quota.api_name}>
                {quota.limits.map((limit, position) => (
                  <Row
                    key={`${limit.source} ${limit.name} ${limit.key_id ?? ""}`}
                    quota={quota}
                    limit={limit}
                    names={names}
                    first={position === 0}
                    now={now}
                  />
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      {present.length === 0 && (
        <p class="panel-body muted">
          No limit is known yet. What an API says of its limits appears here with its next answer.
        </p>
      )}
      {present.length > 0 && without.length > 0 && (
        <p class="board-rest muted small break">
          No limit known of {without.join(", ")}. <a href="/rate-limits">Set one</a>
        </p>
      )}
    </section>
  );
}

function Row({
  quota,
  limit,
  names,
  first,
  now,
}: {
  quota: Quota;
  limit: Limit;
  names: KeyNames;
  first: boolean;
  now: number;
}) {
  const until = limit.exhausted_until ?? limit.reset_at;
  // Nothing is known of the limit but that its key was asked to wait.
  const waits = limit.exhausted_until !== null && limit.limit === null;
  const key = limit.key_id === null ? undefined : (names.get(limit.key_id) ?? limit.key_id);
  return (
    <tr class={first ? "first" : "more"}>
      {first && (
        <th scope="rowgroup" rowSpan={quota.limits.length} class="board-api">
          <a href={limitPlace(quota.api_name)} class="break">
            {quota.api_name}
          </a>
          {quota.exhausted_until !== null && (
            <span class="board-refused">
              Calls are refused for <Countdown to={quota.exhausted_until} past="a moment" />
            </span>
          )}
        </th>
      )}
      <td class="board-limit">
        {key === undefined || !waits ? titleOf(limit) : <span class="break">Key {key}</span>}
        {limit.window !== null && <span class="muted"> per {span(limit.window)}</span>}{" "}
        <ConditionBadge limit={limit} now={now} />
        {key !== undefined && !waits && <span class="muted small cut board-key">Key {key}</span>}
      </td>
      <td class="board-left">
        {waits ? <span class="muted">Asked to wait</span> : <Left limit={limit} now={now} />}
      </td>
      <td class="board-reset numbers">
        {until !== null && (
          <span class="phone-only muted">
            {limit.exhausted_until === null ? "Resets in " : "Ready in "}
          </span>
        )}
        {until === null ? <span class="muted">–</span> : <Countdown to={until} past="a moment" />}
      </td>
      <td class="board-outlook">
        {outlook(limit, now)}
        {limit.remaining !== null && limit.pace !== null && limit.pace > 0 && (
          <span class="muted small numbers">{paceInWords(limit.pace)}</span>
        )}
      </td>
      <td class="board-seen muted small">
        {limit.source === "policy" ? (
          <Badge>Own policy</Badge>
        ) : limit.seen_at === null ? (
          "–"
        ) : (
          <Ago at={limit.seen_at} />
        )}
      </td>
    </tr>
  );
}

function later(at: number | null, now: number): number | null {
  return at !== null && at > now ? at : null;
}
