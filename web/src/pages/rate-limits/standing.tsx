import { ConditionBadge, Left, Seen } from "../../components/limits";
import { Countdown } from "../../components/time";
import { conditionOf, outlook } from "../../logic/board";
import type { Limit } from "../../logic/quota";

/** How one limit stands: what is left, until when, and whether it lasts that long. */
export function Standing({ title, limit, now }: { title: string; limit: Limit; now: number }) {
  return (
    <div class="limit">
      <div class="limit-head">
        <span class="break">
          {title} <ConditionBadge limit={limit} now={now} />
        </span>
        <span class="muted small limit-when">
          {limit.reset_at !== null && (
            <>
              resets in <Countdown to={limit.reset_at} past="a moment" />
            </>
          )}
          {limit.seen_at !== null && (
            <>
              {limit.reset_at === null ? "seen " : ", seen "}
              <Seen limit={limit} now={now} />
            </>
          )}
        </span>
      </div>
      <Left limit={limit} now={now} />
      {conditionOf(limit, now) === "running-out" && (
        <span class="small numbers">{outlook(limit, now)} at this pace</span>
      )}
    </div>
  );
}
