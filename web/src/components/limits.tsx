import { amount, type Condition, conditionOf, shareLeft } from "../logic/board";
import { number } from "../logic/format";
import type { Limit } from "../logic/quota";
import { Badge, type Tone } from "./badge";

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
        <span class="muted">{whole === null ? "–" : `? of ${whole}`}</span>
      ) : (
        <span>
          <b>{number(remaining)}</b>{" "}
          <span class="muted">{whole === null ? unit : `of ${whole}`}</span>
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
