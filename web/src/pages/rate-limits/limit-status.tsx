import { ConditionBadge, RemainingAmount, LastReported } from "../../components/limits";
import { Countdown } from "../../components/time";
import { limitCondition, forecast } from "../../logic/limits/quota-overview";
import type { Limit } from "../../logic/limits/quota";

/** The status of one limit: what remains, until when, and whether it lasts that long. */
export function LimitStatus({ title, limit, now }: { title: string; limit: Limit; now: number }) {
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
              {limit.reset_at === null ? "updated " : ", updated "}
              <LastReported limit={limit} now={now} />
            </>
          )}
        </span>
      </div>
      <RemainingAmount limit={limit} now={now} />
      {limitCondition(limit, now) === "running-out" && (
        <span class="small numbers">{forecast(limit, now)} at the current rate</span>
      )}
    </div>
  );
}
