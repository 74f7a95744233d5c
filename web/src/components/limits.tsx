import { amount, type Condition, conditionOf, isStale, plain, shareLeft } from "../logic/board";
import type { Limit } from "../logic/quota";
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

/** Which key the limits that follow are of, and whether it is passed over. */
export function KeyLine({ name, until }: { name: string; until: number | null }) {
  return (
    <span class="key-line">
      <span class="cut" title={name}>
        Key {name}
      </span>
      {until !== null && (
        <Badge tone="danger">
          Passed over for <Countdown to={until} past="a moment" />
        </Badge>
      )}
    </span>
  );
}
