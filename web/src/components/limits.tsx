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
  exhausted: "Used up",
  "running-out": "Running out",
  low: "Low",
  fine: undefined,
  unknown: undefined,
};

/** How a limit stands, in a word; nothing where there is nothing to say. */
export function ConditionBadge({ limit, now }: { limit: Limit; now: number }) {
  const condition = limitCondition(limit, now);
  const words = WORDS[condition];
  return words === undefined ? null : <Badge tone={TONES[condition]}>{words}</Badge>;
}

/** What is left of a limit: the number, and how much that is of the whole. */
export function RemainingAmount({ limit, now }: { limit: Limit; now: number }) {
  const { remaining, unit } = limit;
  const share = remainingShare(limit);
  const whole = limit.limit === null ? null : formatAmount(limit.limit, unit);
  return (
    <div class="left numbers">
      {remaining === null ? (
        <span class="muted">Not known{whole !== null && `, of ${whole}`}</span>
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

/** When the upstream last said so; marked where others may have used the key since. */
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
 * Which key the limits that follow are of, and whether it is passed over. `alone`: no key of the API
 * works, so that refused ones are tried all the same.
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
          Replace its secret<span class="hidden-visually">: {name}</span>
        </a>
      ) : (
        limits.limits.length === 0 && (
          <span class="muted">It asked to wait; its limits show after its next call.</span>
        )
      )}
    </span>
  );
}

/** That a key is passed over, and until when, where that is known. */
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
      <Badge tone={refused ? "danger" : "warn"}>{refused ? "Refused" : "Used up"}</Badge>
      {refused && noKeyWorks ? (
        <span class="muted small">still tried</span>
      ) : (
        until !== null && (
          <span class="muted small">
            {refused ? "tried again in" : "back in"} <Countdown to={until} past="a moment" />
          </span>
        )
      )}
    </span>
  );
}
