import {
  formatAmount,
  type LimitCondition,
  limitCondition,
  isStale,
  formatRemaining,
  remainingShare,
} from "../logic/limits/quota-overview";
import type { KeyLimits, Limit } from "../logic/limits/quota";
import { keyPath } from "../logic/navigation/routes";
import { Badge, type Tone } from "./badge";
import { Ago, Countdown } from "./time";

const TONES: Readonly<Record<LimitCondition, Tone>> = {
  exhausted: "danger",
  "running-out": "warn",
  low: "warn",
  fine: "ok",
  unknown: "neutral",
};

const WORDS: Readonly<Record<LimitCondition, string | undefined>> = {
  exhausted: "Exhausted",
  "running-out": "Running out",
  low: "Low",
  fine: undefined,
  unknown: undefined,
};

/** The condition of a limit in one or two words; nothing if it is fine or unknown. */
export function ConditionBadge({ limit, now }: { limit: Limit; now: number }) {
  const condition = limitCondition(limit, now);
  const words = WORDS[condition];
  return words === undefined ? null : <Badge tone={TONES[condition]}>{words}</Badge>;
}

/** The remaining amount of a limit and its share of the total. */
export function RemainingAmount({ limit, now }: { limit: Limit; now: number }) {
  const { remaining, unit } = limit;
  const share = remainingShare(limit);
  const whole = limit.limit === null ? null : formatAmount(limit.limit, unit);
  return (
    <div class="left numbers">
      {remaining === null ? (
        <span class="muted">Unknown{whole !== null && `, of ${whole}`}</span>
      ) : (
        <span>
          <b>{whole === null ? formatAmount(remaining, unit) : formatRemaining(remaining, unit)}</b>
          {whole !== null && <span class="muted"> of {whole}</span>}
        </span>
      )}
      {share !== null && (
        <div class={`meter ${TONES[limitCondition(limit, now)]}`} aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </div>
      )}
    </div>
  );
}

/**
 * When the upstream last reported the limit; marked if other clients may have used the key since.
 */
export function LastReported({ limit, now }: { limit: Limit; now: number }) {
  return limit.seen_at === null ? null : (
    <>
      <Ago at={limit.seen_at} />
      {isStale(limit, now) && (
        <>
          {" "}
          <Badge>Stale</Badge>
        </>
      )}
    </>
  );
}

/**
 * The key that the following limits belong to, and whether it is skipped. `noKeyWorks`: the API
 * refused every key, so calls still use them.
 */
export function KeyStatusLine({
  name,
  limits,
  noKeyWorks,
}: {
  name: string;
  limits: KeyLimits;
  noKeyWorks: boolean;
}) {
  return (
    <span class="key-line">
      <span class="cut" title={name}>
        Key {name}
      </span>
      {limits.refused_until !== null ? (
        <SkippedBadge state="refused" until={limits.refused_until} noKeyWorks={noKeyWorks} />
      ) : (
        limits.exhausted_until !== null && (
          <SkippedBadge state="exhausted" until={limits.exhausted_until} noKeyWorks={noKeyWorks} />
        )
      )}
      {limits.refused_until !== null ? (
        <a href={keyPath(limits.key_id, true)}>
          Replace secret<span class="hidden-visually">: {name}</span>
        </a>
      ) : (
        limits.limits.length === 0 && (
          <span class="muted">
            The API asked this key to wait. Its limits appear after its next call.
          </span>
        )
      )}
    </span>
  );
}

/** A badge for a skipped key, with the time until it is used again if that is known. */
export function SkippedBadge({
  state,
  until,
  noKeyWorks,
}: {
  state: "exhausted" | "refused";
  until: number | null;
  noKeyWorks: boolean;
}) {
  const refused = state === "refused";
  return (
    <span class="row">
      <Badge tone={refused ? "danger" : "warn"}>{refused ? "Refused" : "Exhausted"}</Badge>
      {refused && noKeyWorks ? (
        <span class="muted small">still used</span>
      ) : (
        until !== null && (
          <span class="muted small">
            {refused ? "retried in" : "ready in"} <Countdown to={until} past="a moment" />
          </span>
        )
      )}
    </span>
  );
}
