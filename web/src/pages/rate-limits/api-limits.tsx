import type { ComponentChildren } from "preact";
import { Button } from "../../components/button";
import { ConditionBadge, Left } from "../../components/limits";
import { Ago, Countdown } from "../../components/time";
import type { Key } from "../../data/keys";
import { titleOf } from "../../logic/board";
import {
  NO_LIMIT,
  type OwnLimit,
  ownConsequence,
  policyInWords,
  upstreamConsequence,
} from "../../logic/consequence";
import type { Limit } from "../../logic/quota";
import { span } from "../../logic/time";

export interface ApiRow {
  readonly api_name: string;
  readonly keys: readonly Key[];
  readonly policy: OwnLimit | undefined;
  readonly limits: readonly Limit[];
}

/** One API: the user's own limit beside what the API said. */
export function ApiLimits({
  row: { api_name: api, keys, policy, limits },
  now,
  onSet,
  onRemove,
}: {
  row: ApiRow;
  now: number;
  onSet: () => void;
  onRemove: () => void;
}) {
  const own = limits.find((limit) => limit.source === "policy");
  const observed = limits.filter((limit) => limit.source === "observed");
  return (
    <section class="panel" aria-labelledby={`api-${api}`}>
      <header>
        <h2 id={`api-${api}`} class="break">
          {api}
        </h2>
        <div class="actions">
          <Button
            size="small"
            onClick={onSet}
            aria-label={policy ? `Change the limit of ${api}` : `Set a limit for ${api}`}
          >
            {policy ? "Change" : "Set a limit"}
          </Button>
          {policy && (
            <Button
              size="small"
              variant="quiet"
              onClick={onRemove}
              aria-label={`Remove the limit of ${api}`}
            >
              Remove
            </Button>
          )}
        </div>
      </header>
      <div class="limits-sides">
        <div class="limits-side">
          <h3>Your policy</h3>
          {policy && own ? (
            <>
              <Shown title={policyInWords(policy)} limit={own} now={now} />
              <p class="hint break">{ownConsequence(api)}</p>
            </>
          ) : (
            <p class="muted">No limit of your own.</p>
          )}
        </div>
        <div class="limits-side">
          <h3>What the API says</h3>
          {observed.map((limit) => (
            <Shown
              key={`${limit.name} ${limit.key_id ?? ""}`}
              title={observedTitle(limit, keys)}
              limit={limit}
              now={now}
            />
          ))}
          {observed.length > 0 ? (
            <p class="hint">{upstreamConsequence(keys.length)}</p>
          ) : (
            <p class="muted">
              Nothing yet; it appears with its next answer that names a limit.
              {!policy && ` ${NO_LIMIT}`}
            </p>
          )}
        </div>
      </div>
    </section>
  );
}

function Shown({ title, limit, now }: { title: ComponentChildren; limit: Limit; now: number }) {
  const until = limit.exhausted_until ?? limit.reset_at;
  return (
    <div class="limit">
      <div class="limit-head">
        <span class="break">
          {title} <ConditionBadge limit={limit} now={now} />
        </span>
        <span class="muted small limit-when">
          {until !== null && (
            <>
              {limit.exhausted_until === null ? "resets in" : "ready in"}{" "}
              <Countdown to={until} past="a moment" />
            </>
          )}
          {limit.seen_at !== null && (
            <>
              {until === null ? "seen " : ", seen "}
              <Ago at={limit.seen_at} />
            </>
          )}
        </span>
      </div>
      {limit.limit !== null || limit.remaining !== null ? <Left limit={limit} now={now} /> : null}
    </div>
  );
}

function observedTitle(limit: Limit, keys: readonly Key[]): string {
  const key = keys.find(({ key_id }) => key_id === limit.key_id);
  const per = limit.window === null ? "" : ` per ${span(limit.window)}`;
  const of = limit.key_id === null ? "" : `, key ${key?.hint ?? limit.key_id}`;
  return `${titleOf(limit)}${per}${of}`;
}
