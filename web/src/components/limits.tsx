import { amount, type Condition, conditionOf, isStale, plain, shareLeft } from "../logic/board";
import type { KeyLimits, Limit } from "../logic/quota";
import { keyPlace } from "../logic/places";
import { Badge, type Tone } from "./badge";
import { Ago, Countdown } from "./time";

const TONES: Readonly<Record<Condition, Tone>> = {
  "used-up": "danger",
  "running-out": "warn",
  low: "warn",
  fine: "ok",
  unknown: "neutral",
};

const WORDS: Readonly<Record<Condition, string | undefined>> = {
  "used-up": "Used up",
  "running-out": "Running out",
  low: "Low",
  fine: undefined,
  unknown: undefined,
};

/** How a limit stands, in a word; nothing where there is nothing to say. */
export function ConditionBadge({ limit, now }: { limit: Limit; now: number }) {
  const condition = conditionOf(limit, now);
  const words = WORDS[condition];
  return words === undefined ? null : <Badge tone={TONES[condition]}>{words}</Badge>;
}

/** What is left of a limit: the number, and how much that is of the whole. */
export function Left({ limit, now }: { limit: Limit; now: number }) {
  const { remaining, unit } = limit;
  const share = shareLeft(limit);
  const whole = limit.limit === null ? null : amount(limit.limit, unit);
  return (
    <div class="left numbers">
      {remaining === null ? (
        <span class="muted">Not known{whole !== null && `, of ${whole}`}</span>
      ) : (
        <span>
          <b>{whole === null ? amount(remaining, unit) : plain(remaining, unit)}</b>
          {whole !== null && <span class="muted"> of {whole}</span>}
        </span>
      )}
      {share !== null && (
        <div class={`meter ${TONES[conditionOf(limit, now)]}`} aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </div>
      )}
    </div>
  );
}

/** When the upstream last said so; marked where others may have used the key since. */
export function Seen({ limit, now }: { limit: Limit; now: number }) {
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
export function KeyLine({ name, of, alone }: { name: string; of: KeyLimits; alone: boolean }) {
  return (
    <span class="key-line">
      <span class="cut" title={name}>
        Key {name}
      </span>
      {of.refused_until !== null ? (
        <PassedOverBadge state="refused" until={of.refused_until} alone={alone} />
      ) : (
        of.exhausted_until !== null && (
          <PassedOverBadge state="exhausted" until={of.exhausted_until} alone={alone} />
        )
      )}
      {of.refused_until !== null ? (
        <a href={keyPlace(of.key_id, true)}>
          Replace its secret<span class="hidden-visually">: {name}</span>
        </a>
      ) : (
        of.limits.length === 0 && (
          <span class="muted">It asked to wait; its limits show after its next call.</span>
        )
      )}
    </span>
  );
}

/** That a key is passed over, and until when, where that is known. */
export function PassedOverBadge({
  state,
  until,
  alone,
}: {
  state: "exhausted" | "refused";
  until: number | null;
  alone: boolean;
}) {
  const refused = state === "refused";
  return (
    <span class="row">
      <Badge tone={refused ? "danger" : "warn"}>{refused ? "Refused" : "Used up"}</Badge>
      {refused && alone ? (
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
