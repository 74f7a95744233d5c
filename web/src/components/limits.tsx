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
  const share = shareLeft(limit);
  const tone = TONES[conditionOf(limit, now)];
  return (
    <div class="left">
      <span class="numbers">
        {limit.remaining === null ? (
          <span class="muted">
            {limit.limit === null ? "–" : `of ${amount(limit.limit, limit.unit)}`}
          </span>
        ) : (
          <>
            <b>{number(limit.remaining)}</b>{" "}
            <span class="muted">
              {limit.limit === null ? limit.unit : `of ${amount(limit.limit, limit.unit)}`}
            </span>
          </>
        )}
      </span>
      <div class={`meter ${tone}`} aria-hidden="true">
        <span style={{ width: `${(share ?? 0) * 100}%` }} />
      </div>
    </div>
  );
}
