import { Countdown } from "../../components/time";
import { useRateLimits } from "../../data/rate-limits";
import type { LoggedRequest } from "../../data/requests";
import { number } from "../../logic/format/numbers";

/** How the limit that refused a request stands by now. */
export function CurrentLimit({ entry }: { entry: LoggedRequest }) {
  const limits = useRateLimits();
  const limit = limits.data?.find(({ api_name }) => api_name === entry.api_name);
  // Our own policy refused it, or what the API itself says of its quota.
  const state = entry.problem === "rate_limited" ? limit : limit?.observed;
  if (state == null) {
    return null;
  }
  const free =
    entry.problem === "rate_limited" && limit !== undefined && limit.reserved > 0
      ? limit.unreserved_remaining
      : null;
  return (
    <p class="numbers">
      {state.remaining !== null && state.limit !== null && (
        <>
          By now {number(state.remaining)} of {number(state.limit)} are left
          {free !== null && `, ${number(free)} of them without a reservation`}.{" "}
        </>
      )}
      {state.reset_at !== null && (
        <>
          It begins anew: <Countdown to={state.reset_at} past="it has" />.
        </>
      )}
    </p>
  );
}
